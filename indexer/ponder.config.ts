import { environmentRegistryAbi, inferenceLogAbi, modelRegistryAbi } from '@assay/sdk/abi'
import { createConfig } from 'ponder'
import { readSettings } from './settings.ts'

const settings = readSettings(process.env)
const { startBlock } = settings

export default createConfig({
  database: settings.databaseUrl
    ? { kind: 'postgres', connectionString: settings.databaseUrl }
    : { kind: 'pglite', directory: settings.directory },
  chains: {
    chain: {
      id: settings.chainId,
      rpc: settings.rpcUrls,
      pollingInterval: settings.pollingInterval,
      ...(settings.wsUrl ? { ws: settings.wsUrl } : {}),
    },
  },
  contracts: {
    ModelRegistry: {
      abi: modelRegistryAbi,
      chain: 'chain',
      address: settings.modelRegistry,
      startBlock,
    },
    EnvironmentRegistry: {
      abi: environmentRegistryAbi,
      chain: 'chain',
      address: settings.environmentRegistry,
      startBlock,
    },
    InferenceLog: {
      abi: inferenceLogAbi,
      chain: 'chain',
      address: settings.inferenceLog,
      startBlock,
    },
  },
})

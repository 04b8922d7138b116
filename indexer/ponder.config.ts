import {
  environmentRegistryAbi,
  inferenceLogAbi,
  modelRegistryAbi,
  verdictRegistryAbi,
} from '@assay/sdk/abi'
import { createConfig } from 'ponder'
import { serveHeads } from './heads.ts'
import { readSettings } from './settings.ts'

const settings = readSettings(process.env)
const { startBlock, wsUrl } = settings
const heads = wsUrl && (await serveHeads({ ...settings, wsUrl }))

export default createConfig({
  database: settings.databaseUrl
    ? { kind: 'postgres', connectionString: settings.databaseUrl }
    : { kind: 'pglite', directory: settings.directory },
  chains: {
    chain: {
      id: settings.chainId,
      rpc: settings.rpcUrls,
      pollingInterval: settings.pollingInterval,
      ...(heads ? { ws: heads } : {}),
    },
  },
  blocks: {
    // The occasion to write what was loaded beside the events. Of the past there is no block to read.
    NewBlock: { chain: 'chain', startBlock: 'latest', interval: 1 },
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
    VerdictRegistry: {
      abi: verdictRegistryAbi,
      chain: 'chain',
      address: settings.verdictRegistry,
      startBlock,
    },
  },
})

import {
  environmentRegistryAbi,
  inferenceLogAbi,
  modelRegistryAbi,
  verdictRegistryAbi,
} from '@assay/sdk/abi'
import { createConfig } from 'ponder'
import { serveHeads } from './heads.ts'
import { type ChainSettings, readSettings } from './settings.ts'

const settings = readSettings(process.env)

/** What is so of each chain. */
function eachChain<T>(of: (chain: ChainSettings) => T): Record<string, T> {
  return Object.fromEntries(settings.chains.map((chain) => [String(chain.chainId), of(chain)]))
}

const heads = new Map(
  await Promise.all(
    settings.chains.map(async ({ chainId, wsUrl, ...chain }) => {
      return [chainId, wsUrl && (await serveHeads({ ...chain, wsUrl }))] as const
    }),
  ),
)

const chains = eachChain(({ chainId: id, rpcUrls: rpc, pollingInterval }) => {
  const ws = heads.get(id)
  return { id, rpc, pollingInterval, ...(ws ? { ws } : {}) }
})

function contractAt(
  name: 'modelRegistry' | 'environmentRegistry' | 'inferenceLog' | 'verdictRegistry',
) {
  return eachChain((chain) => ({ address: chain[name], startBlock: chain.startBlock }))
}

export default createConfig({
  database: settings.databaseUrl
    ? { kind: 'postgres', connectionString: settings.databaseUrl }
    : { kind: 'pglite', directory: settings.directory },
  // Each chain by itself: a quiet one holds back no other.
  ordering: 'multichain',
  chains,
  blocks: {
    // The occasion to write what was loaded beside the events. Of the past there is no block to read.
    NewBlock: { chain: eachChain(() => ({ startBlock: 'latest' })), interval: 1 },
  },
  contracts: {
    ModelRegistry: { abi: modelRegistryAbi, chain: contractAt('modelRegistry') },
    EnvironmentRegistry: { abi: environmentRegistryAbi, chain: contractAt('environmentRegistry') },
    InferenceLog: { abi: inferenceLogAbi, chain: contractAt('inferenceLog') },
    VerdictRegistry: { abi: verdictRegistryAbi, chain: contractAt('verdictRegistry') },
  },
})

/**
 * What `pnpm bench:indexer` holds the indexer against: the same Ponder, the same chain and events, and two bare columns for each inference
 * that an event names.
 */
import { inferenceLogAbi } from '@assay/sdk/abi'
import { createConfig } from 'ponder'
import { readSettings } from '../settings.ts'

const settings = readSettings(process.env)

export default createConfig({
  database: settings.databaseUrl
    ? { kind: 'postgres', connectionString: settings.databaseUrl }
    : { kind: 'pglite', directory: settings.directory },
  chains: { chain: { id: settings.chainId, rpc: settings.rpcUrls } },
  contracts: {
    InferenceLog: {
      abi: inferenceLogAbi,
      chain: 'chain',
      address: settings.inferenceLog,
      startBlock: settings.startBlock,
    },
  },
})

/**
 * What `pnpm bench:indexer` holds the indexer against: the same Ponder, the same chain and events, and two bare columns for each inference
 * that an event names.
 */
import { inferenceLogAbi } from '@assay/sdk/abi'
import { createConfig } from 'ponder'
import { type ChainSettings, readSettings } from '../settings.ts'

const settings = readSettings(process.env)
const [{ chainId, rpcUrls, inferenceLog, startBlock }] = settings.chains as [ChainSettings]
const chainName = String(chainId)

export default createConfig({
  database: settings.databaseUrl
    ? { kind: 'postgres', connectionString: settings.databaseUrl }
    : { kind: 'pglite', directory: settings.directory },
  // Its name is what progress is asked by: run.ts looks for the id.
  chains: { [chainName]: { id: chainId, rpc: rpcUrls } },
  contracts: {
    InferenceLog: {
      abi: inferenceLogAbi,
      chain: chainName,
      address: inferenceLog,
      startBlock,
    },
  },
})

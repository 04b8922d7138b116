import type { Address } from 'viem'
import type { ChainSettings } from '../../settings.ts'
import { type ChainHead, chainHeadReader } from './chain-head.ts'

/** A chain whose rows are served. */
export type ServedChain = {
  chainId: number
  /** Address of the contract that keeps the inference logs, in lower case. */
  inferenceLog: Address
  readHead: () => Promise<ChainHead>
}

/** The chains of the settings, by their ids. */
export function servedChains(chains: readonly ChainSettings[]): Map<number, ServedChain> {
  return new Map(
    chains.map(({ chainId, inferenceLog, rpcUrls }) => [
      chainId,
      {
        chainId,
        inferenceLog: inferenceLog.toLowerCase() as Address,
        readHead: chainHeadReader(rpcUrls),
      },
    ]),
  )
}

import type { Address } from 'viem'
import { deployments } from '../generated/deployments.ts'

/** Where the contracts stand on a chain. */
export type Deployment = {
  chainId: number
  /** First block that holds one of the contracts. */
  startBlock: number
  modelRegistry: Address
  environmentRegistry: Address
  inferenceLog: Address
  verdictRegistry: Address
}

/** The known deployment on a chain, or undefined. */
export function deploymentOf(chainId: number | undefined): Deployment | undefined {
  const known: Record<number, Deployment> = deployments
  return chainId === undefined ? undefined : known[chainId]
}

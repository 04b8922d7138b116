import type { Address, Hex } from 'viem'
import { inferenceLogSettlementOf } from '../generated/reads.ts'
import type { BatchMode } from '../formats/batch.ts'
import { addressOf, type ReadClient } from './contract.ts'
import { read } from './read.ts'

/** A batch that is on chain. */
export type Settlement = {
  first: bigint
  count: number
  /** Block time in Unix seconds. */
  settledAt: bigint
  mode: BatchMode
  /** True if the session key spoke, false if the owner did in its place. */
  signedByKey: boolean
}

export type GetSettlementParameters = {
  logId: Hex
  root: Hex
  /** Default: the latest block, or the one that `blockTag` names. */
  blockNumber?: bigint | undefined
  /** `finalized`: what no reorganization can take back any more. Default: `latest`. */
  blockTag?: 'latest' | 'finalized' | undefined
  /** Default: the deployment on the client's chain. */
  inferenceLog?: Address | undefined
}

/**
 * The settlement of a batch.
 *
 * @returns Undefined if no batch with that root is settled in that log.
 * @throws RpcUnreachableError, NoContractError
 */
export async function getSettlement(
  client: ReadClient,
  parameters: GetSettlementParameters,
): Promise<Settlement | undefined> {
  const settlement = await read<Omit<Settlement, 'mode'> & { mode: number }>(
    client,
    'inferenceLog',
    {
      address: addressOf(client, 'inferenceLog', parameters.inferenceLog),
      function: inferenceLogSettlementOf,
      args: [parameters.logId, parameters.root],
      blockNumber: parameters.blockNumber,
      blockTag: parameters.blockTag,
    },
  )
  if (settlement.settledAt === 0n) return undefined
  return { ...settlement, mode: settlement.mode === 0 ? 'inline' : 'external' }
}

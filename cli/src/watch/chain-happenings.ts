import { inferenceLogAbi } from '@assay/sdk/abi'
import { explainFailure } from '@assay/sdk/relay'
import { type Address, isAddressEqual, parseEventLogs } from 'viem'
import type { OpenChain } from '../settings/chain.ts'
import type { Happening } from './happening.ts'

/** How many blocks are asked for at once: few endpoints refuse so many. */
const blocksAtOnce = 1_000n

/**
 * What happened to inference logs in some blocks, in the chain's order.
 *
 * @param follows - Inference logs that are followed; those that the owner opens meanwhile are added.
 * @throws RpcUnreachableError
 */
export async function* chainHappenings(
  place: OpenChain,
  owner: Address | undefined,
  follows: Set<string>,
  { from, to }: { from: bigint; to: bigint },
): AsyncGenerator<Happening> {
  const address = place.contract('inferenceLog')
  for (let start = from; start <= to; start += blocksAtOnce) {
    const end = start + blocksAtOnce - 1n
    const toBlock = end < to ? end : to
    const logs = await place.client
      .getLogs({ address, fromBlock: start, toBlock })
      .catch((error: unknown) => {
        throw explainFailure(error, 'inferenceLog', address)
      })
    for (const log of parseEventLogs({ abi: inferenceLogAbi, logs })) {
      const found = happeningOf(log, owner, follows)
      if (found) yield found
    }
  }
}

type Log = ReturnType<typeof parseEventLogs<typeof inferenceLogAbi>>[number]

function happeningOf(
  log: Log,
  owner: Address | undefined,
  follows: Set<string>,
): Happening | undefined {
  const { blockNumber, transactionHash } = log
  const where = { blockNumber, transactionHash }
  switch (log.eventName) {
    case 'InferenceLogOpened': {
      const { logId, sessionKey } = log.args
      if (owner && isAddressEqual(log.args.owner, owner)) follows.add(logId)
      return follows.has(logId) ? { event: 'opened', logId, sessionKey, ...where } : undefined
    }
    case 'BatchSettledInline':
    case 'BatchSettledExternal': {
      const { logId, root, first, count, signedByKey } = log.args
      const mode = log.eventName === 'BatchSettledInline' ? 'inline' : 'external'
      if (!follows.has(logId)) return undefined
      return { event: 'settled', logId, root, first, count, mode, signedByKey, ...where }
    }
    case 'InferencesSkipped': {
      const { logId, first, count } = log.args
      return follows.has(logId) ? { event: 'skipped', logId, first, count, ...where } : undefined
    }
    default:
      return undefined
  }
}

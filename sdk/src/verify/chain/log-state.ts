import { encodeEventTopics, type Hex } from 'viem'
import { getHead } from '../../actions/getHead.ts'
import { inferenceLogInferencesSkipped as skipped } from '../../generated/reads.ts'
import type { ChainReader } from './chain-reader.ts'
import { decodeEvent, findEvents } from './events.ts'

/** An inference log as a whole. */
export type LogState = {
  /** Next sequence number: how many inferences are settled or skipped. */
  head: bigint
  /** What the owner gave up, oldest first. */
  skips: { first: bigint; count: bigint }[]
}

/** Reads how far an inference log goes, and what of it was skipped. */
export async function readLogState(reader: ChainReader, logId: Hex): Promise<LogState> {
  const { client, contracts, block } = reader
  const { inferenceLog } = contracts
  const [head, events] = await Promise.all([
    getHead(client, { logId, inferenceLog, blockNumber: block.number }),
    findEvents(reader, {
      address: inferenceLog,
      topics: encodeEventTopics({ abi: [skipped], args: { logId } }),
    }),
  ])
  const skips = events.flatMap((event) => {
    const args = decodeEvent(skipped, event)
    return args ? [{ first: args.first as bigint, count: BigInt(args.count as number) }] : []
  })
  return { head, skips }
}

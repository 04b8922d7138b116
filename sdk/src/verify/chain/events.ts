import { type AbiEvent, type Address, decodeEventLog, type Hex, numberToHex } from 'viem'
import { isNamed } from '../../actions/rpc-failure.ts'
import { BaseError } from '../../errors/base.ts'
import { type EventLog, readLogs } from './answers.ts'
import type { ChainReader } from './chain-reader.ts'
import { blocksOfTime } from './blocks-of-time.ts'

/** Which events: of one contract, by topics; `null` is any, a list is any of these. */
export type EventFilter = {
  address: Address
  topics: readonly (Hex | null | readonly Hex[])[]
}

/** How many requests one search may cost, where an endpoint answers only for short ranges of blocks. */
const maxRequests = 64

/**
 * All events that a filter lets pass, up to the block at which all is read, oldest first. Ranges that an endpoint refuses are
 * asked for in halves; what is not answered in time is not.
 *
 * @throws what the endpoint's refusal led to, if it answers for very short ranges only, or not in time.
 */
export async function findEvents(reader: ChainReader, filter: EventFilter): Promise<EventLog[]> {
  let requests = 0
  async function within(from: bigint, to: bigint): Promise<EventLog[]> {
    requests++
    try {
      return await eventsBetween(reader, filter, from, to)
    } catch (error) {
      // Who did not answer in time would be waited for again with each half.
      if (from >= to || requests >= maxRequests || isTimeout(error)) throw error
      const middle = (from + to) / 2n
      return [...(await within(from, middle)), ...(await within(middle + 1n, to))]
    }
  }
  const start = BigInt(reader.contracts.startBlock ?? 0)
  return start > reader.block.number ? [] : within(start, reader.block.number)
}

const isTimeout = (error: unknown) =>
  error instanceof BaseError && error.walk(isNamed('TimeoutError')) !== undefined

/**
 * The newest event that a filter lets pass, of which the time is known: where an endpoint doesn't answer for all blocks at once,
 * or leaves events out, those of that time alone are asked for.
 *
 * @param time - Of its block, Unix seconds.
 */
export async function findEventOfTime(
  reader: ChainReader,
  filter: EventFilter,
  time: bigint,
): Promise<EventLog | undefined> {
  const start = BigInt(reader.contracts.startBlock ?? 0)
  const found = await eventsBetween(reader, filter, start, reader.block.number).catch(
    (error: unknown) => {
      if (error instanceof BaseError) return []
      throw error
    },
  )
  if (found.length > 0) return found[found.length - 1]
  const { first, last } = await blocksOfTime(reader, time)
  return first > last ? undefined : (await eventsBetween(reader, filter, first, last)).pop()
}

async function eventsBetween(
  { ask }: ChainReader,
  filter: EventFilter,
  from: bigint,
  to: bigint,
): Promise<EventLog[]> {
  const range = { fromBlock: numberToHex(from), toBlock: numberToHex(to) }
  const logs = await ask('eth_getLogs', [{ ...filter, ...range }], readLogs)
  // An endpoint may give what was not asked for.
  return logs.filter(
    (log) => log.blockNumber >= from && log.blockNumber <= to && passes(log, filter),
  )
}

/** Whether an event is of the contract and has the topics. */
export function passes(log: EventLog, { address, topics }: EventFilter): boolean {
  return (
    log.address === address.toLowerCase() &&
    topics.every((topic, i) => {
      const actual = log.topics[i]
      return topic === null || actual === topic || (actual && topic.includes(actual))
    })
  )
}

/** What an event says, or undefined if it is none of the kind. */
export function decodeEvent(event: AbiEvent, log: EventLog): Record<string, unknown> | undefined {
  try {
    const topics = log.topics as [Hex, ...Hex[]]
    const { args } = decodeEventLog({ abi: [event], topics, data: log.data, strict: true })
    return args
  } catch {
    // Data that are no such event: the contract that the policy names is another one.
    return undefined
  }
}

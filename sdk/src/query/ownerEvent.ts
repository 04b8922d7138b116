import { indexerTables } from '../generated/indexer.ts'
import { IndexerResponseError } from './errors.ts'
import { number, oneOf, optional, readRow, type RowOf, string } from './row.ts'

const { settlement: s, verdict: v } = indexerTables

const placed = {
  chainId: number,
  blockNumber: s.blockNumber,
  /** Its chain, block, and index in the block. */
  place: string,
}

const settlementColumns = {
  type: oneOf('settlement'),
  ...placed,
  ...{ logId: s.logId, root: s.root, first: s.first, count: s.count, mode: s.mode },
  ...{ signedByKey: s.signedByKey, dataDigest: s.dataDigest, dataState: s.dataState },
  ...{ settledAt: s.settledAt, transactionHash: s.transactionHash },
}

const verdictColumns = {
  type: oneOf('verdict'),
  ...placed,
  ...{ verdictId: v.verdictId, author: v.author, subjectKind: v.subjectKind, subject: v.subject },
  ...{ score: v.score, tag: v.tag, evidenceDigest: v.evidenceDigest },
  ...{ postedAt: v.postedAt, withdrawnAt: v.withdrawnAt },
}

const removedColumns = {
  place: string,
  ...{ logId: optional(s.logId), root: optional(s.root), verdictId: optional(v.verdictId) },
}

/** A batch of an owner is on chain. Another one of the same log and root takes its place. */
export type OwnerSettlement = RowOf<typeof settlementColumns>

/** A verdict on what is an owner's, as of its last change; one that was withdrawn too. Another one of the same id takes its place. */
export type OwnerVerdict = RowOf<typeof verdictColumns>

/** What is said in a stream of events, read. `key` names what it speaks of. */
export type StreamMessage = { after: string } & (
  | { type: 'event'; key: string; text: string; event: OwnerSettlement | OwnerVerdict }
  | { type: 'removed'; key: string; place: string }
  | { type: 'replay' | 'live' }
)

/**
 * Reads what an event of the stream carries.
 *
 * @returns Undefined for what this version has no name for.
 * @throws IndexerResponseError
 */
export function readMessage(data: string): StreamMessage | undefined {
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch (cause) {
    throw new IndexerResponseError('an event is no JSON', { cause })
  }
  const { type, after } = readRow({ type: string, after: string }, value)
  if (type === 'replay' || type === 'live') return { type, after }
  if (type === 'removed') {
    const { place, ...names } = readRow(removedColumns, value)
    return { type, after, place, key: keyOf(place, names) }
  }
  if (type !== 'settlement' && type !== 'verdict') return undefined
  const event = readRow(type === 'settlement' ? settlementColumns : verdictColumns, value) as
    OwnerSettlement | OwnerVerdict
  // The state of the data changes later, and `after` says nothing of the event.
  const text = JSON.stringify({ ...(value as object), after: undefined, dataState: undefined })
  return { type: 'event', after, event, text, key: keyOf(event.place, event) }
}

function keyOf(
  place: string,
  it: { logId?: string | undefined; root?: string | undefined; verdictId?: string | undefined },
): string {
  return [place.split('-', 1)[0], it.verdictId ?? `${it.logId} ${it.root}`].join(' ')
}

/**
 * Whether a place in a chain is before a cursor, by the text of both.
 *
 * @throws IndexerResponseError if one of them is none.
 */
export function isBeforeCursor(place: string, cursor: string): boolean {
  const [chain, ...here] = numbersOf(place)
  const there = cursor
    .split('.')
    .map(numbersOf)
    .find(([it]) => it === chain)
  if (!there) return false
  const [block, index] = [here[0]! - there[1]!, here[1]! - there[2]!]
  return block < 0n || (block === 0n && index < 0n)
}

function numbersOf(place: string): bigint[] {
  if (place === '0') return []
  if (!/^[0-9]{1,16}-[0-9]{1,18}-[0-9]{1,10}$/.test(place)) {
    throw new IndexerResponseError('a cursor is none')
  }
  return place.split('-').map(BigInt)
}

import { and, eq, gte, lt } from 'ponder'
import { db } from 'ponder:api'
import { settlement } from 'ponder:schema'
import type { Hex } from 'viem'
import {
  behind,
  blockOf,
  type Cursor,
  cursorText,
  movedTo,
  placeIn,
  placeText,
  readCursor,
} from '../../events/cursor.ts'
import type { EventPage, OwnerEvent } from '../../events/event.ts'
import { endPositionOf, firstPositionOf, placeOfPosition } from '../../position.ts'
import { integerOf, RequestError } from './answers.ts'
import { finalCursor, type IndexedChain, readChains } from './event-chains.ts'
import { verdictsOf } from './owner-verdicts.ts'
import { isLive } from './progress.ts'

const maxLimit = 1_000

/**
 * What happened to an owner, in the order of each chain: its settlements, and verdicts on what is its own.
 *
 * @throws RequestError
 */
export async function ownerEvents(
  owner: Hex,
  query: Readonly<Record<string, string>>,
): Promise<EventPage> {
  const { after, limit } = readAsked(query)
  // First how far it is, then rows: what is said of them then holds of all that are read.
  const live = await isLive()
  const chains = await readChains()
  const items: OwnerEvent[] = []
  let cursor = after
  let more = false
  for (const chain of chains) {
    const page = await eventsIn(chain, owner, placeIn(cursor, chain.chainId), limit - items.length)
    items.push(...page.items)
    cursor = movedTo(cursor, chain.chainId, page.next)
    more ||= page.more
  }
  return {
    items,
    after: cursorText(cursor),
    more,
    final: cursorText(finalCursor(chains)),
    indexed: chains.map(({ chainId, block }) => ({ chainId, block })),
    live,
  }
}

function readAsked(query: Readonly<Record<string, string>>): { after: Cursor; limit: number } {
  for (const name of Object.keys(query)) {
    if (name !== 'after' && name !== 'limit') {
      throw new RequestError(400, 'there is no parameter of that name; there are after, limit')
    }
  }
  const after = readCursor(query.after ?? '0')
  if (!after) throw new RequestError(400, '`after` is no cursor: give that of a page before, or 0')
  const limit = Number(integerOf('limit', query.limit ?? '100'))
  if (limit < 1 || limit > maxLimit) {
    throw new RequestError(400, `\`limit\` is not from 1 to ${maxLimit}`)
  }
  return { after, limit }
}

/** @returns The first `limit` events of a chain, and the place with which to go on. */
async function eventsIn(chain: IndexedChain, owner: Hex, place: bigint, limit: number) {
  const { chainId, final } = chain
  if (limit === 0) return { items: [], next: place, more: true }
  const [from, end] = [firstPositionOf(chainId) + place, endPositionOf(chainId)]
  // One more than there is room for says whether there are more.
  const [settlements, verdicts] = await Promise.all([
    settlementsOf(owner, from, end, limit + 1),
    verdictsOf(owner, from, end, limit + 1),
  ])
  const found: { position: bigint; event: OwnerEvent }[] = [
    ...settlements.map(({ position, ...row }) => ({
      position,
      event: { type: 'settlement' as const, ...row, ...placed(chainId, position) },
    })),
    ...verdicts.rows.map(({ position, ...row }) => ({
      position,
      event: { type: 'verdict' as const, ...row, ...placed(chainId, position) },
    })),
  ].sort((a, b) => (a.position < b.position ? -1 : 1))
  const unseen = [found[limit]?.position, verdicts.unseen]
    .filter((it) => it !== undefined)
    .reduce<bigint | undefined>((a, b) => (a === undefined || b < a ? b : a), undefined)
  const items = found
    .filter(({ position }) => unseen === undefined || position < unseen)
    .map(({ event }) => event)
  if (unseen !== undefined) return { items, next: placeOfPosition(unseen), more: true }
  const last = found.at(-1)
  const told = last ? behind(placeOfPosition(last.position)) : place
  return { items, next: told > final ? told : final, more: false }
}

function settlementsOf(owner: Hex, from: bigint, end: bigint, limit: number) {
  const { logId, root, first, count, mode, signedByKey, dataDigest, dataState } = settlement
  const { settledAt, transactionHash, position } = settlement
  return db
    .select({
      ...{ logId, root, first, count, mode, signedByKey, dataDigest, dataState, settledAt },
      ...{ transactionHash, position },
    })
    .from(settlement)
    .where(
      and(
        eq(settlement.owner, owner),
        gte(settlement.position, from),
        lt(settlement.position, end),
      ),
    )
    .orderBy(settlement.position)
    .limit(limit)
}

function placed(chainId: number, position: bigint) {
  const place = placeOfPosition(position)
  return { chainId, blockNumber: blockOf(place), place: placeText(chainId, place) }
}

/*
 * How far events were told, as a text: for each chain its id, a block, and the index of an event in that block, with which to go on
 * (`31337-152-4`), and a full stop between two chains. All before it was told. `0` is before everything.
 */

/** Where in each chain to go on: the block, then 32 bits of the event's index, then 32 that are zero. A chain that is missing: from its start. */
export type Cursor = ReadonlyMap<number, bigint>

/** The place in its chain of an event, or of the first of a block. */
export const placeAt = (block: bigint, index = 0n): bigint => (block << 64n) | (index << 32n)

export const blockOf = (place: bigint): bigint => place >> 64n

/** The place behind an event. */
export const behind = (place: bigint): bigint => ((place >> 32n) + 1n) << 32n

const maxChains = 64
const part = /^([1-9][0-9]{0,15})-(0|[1-9][0-9]{0,17})-(0|[1-9][0-9]{0,9})$/

/** Reads a cursor's text; undefined if it is none. */
export function readCursor(text: string): Cursor | undefined {
  if (text === '0') return new Map()
  const cursor = new Map<number, bigint>()
  const parts = text.split('.', maxChains + 1)
  if (parts.length > maxChains) return undefined
  for (const it of parts) {
    const [, chain, block, index] = part.exec(it) ?? []
    const chainId = Number(chain)
    if (!Number.isSafeInteger(chainId) || BigInt(index!) >> 32n || cursor.has(chainId))
      return undefined
    cursor.set(chainId, placeAt(BigInt(block!), BigInt(index!)))
  }
  return cursor
}

/** The text of a cursor; the same for the same places. */
export function cursorText(cursor: Cursor): string {
  const parts = [...cursor]
    .filter(([, place]) => place > 0n)
    .sort(([a], [b]) => a - b)
    .map(([chainId, place]) => placeText(chainId, place))
  return parts.join('.') || '0'
}

/** A single place as it stands in a cursor's text. */
export function placeText(chainId: number, place: bigint): string {
  return `${chainId}-${blockOf(place)}-${(place >> 32n) & 0xffff_ffffn}`
}

/** Where a cursor goes on in a chain. */
export const placeIn = (cursor: Cursor, chainId: number): bigint => cursor.get(chainId) ?? 0n

/** A cursor moved to a place in one chain. */
export function movedTo(cursor: Cursor, chainId: number, place: bigint): Cursor {
  return new Map(cursor).set(chainId, place)
}

/** What is before both: in each chain the earlier of two places. */
export function earlier(a: Cursor, b: Cursor): Cursor {
  const both = [...a.keys()].filter((chainId) => b.has(chainId))
  return new Map(
    both.map((chainId) => {
      const [one, other] = [placeIn(a, chainId), placeIn(b, chainId)]
      return [chainId, one < other ? one : other]
    }),
  )
}

/** Whether in some chain `a` is before `b`. */
export function isBefore(a: Cursor, b: Cursor): boolean {
  return [...b].some(([chainId, place]) => placeIn(a, chainId) < place)
}

/** What is before either: in each chain the later of two places. */
export function later(a: Cursor, b: Cursor): Cursor {
  const places = new Map(a)
  for (const [chainId, place] of b) if (placeIn(a, chainId) < place) places.set(chainId, place)
  return places
}

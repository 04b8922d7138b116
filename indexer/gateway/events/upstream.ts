import { BaseError } from '@assay/sdk'
import { type Cursor, cursorText, readCursor } from '../../events/cursor.ts'

/** Asks the indexer behind the gateway. @param path - With its query. */
export type Ask = (path: string, options?: { signal?: AbortSignal }) => Promise<Response>

/** An event as the indexer tells it, of which no more is looked at than its name and place. */
export type Told = {
  /** Names what it speaks of, so that two of one name are about the same thing. */
  key: string
  chainId: number
  place: bigint
  /** As it came. */
  event: Record<string, unknown>
}

/** A page of events, read. */
export type ToldPage = {
  items: Told[]
  after: Cursor
  more: boolean
  final: Cursor
  /** The last block of each chain that is in the tables. */
  indexed: ReadonlyMap<number, bigint>
  live: boolean
}

/** Thrown when the indexer behind the gateway gives no page of events. */
export class EventsUnavailableError extends BaseError {
  override name = 'EventsUnavailableError'

  constructor(problem: string, options: { cause?: unknown } = {}) {
    super(`The indexer gives no events: ${problem}.`, { docsPath: 'indexer.md', ...options })
  }
}

const timeoutMillis = 10_000

/**
 * Reads a page of an owner's events.
 *
 * @throws EventsUnavailableError
 */
export async function readEvents(
  ask: Ask,
  owner: string,
  after: Cursor,
  limit: number,
): Promise<ToldPage> {
  const signal = AbortSignal.timeout(timeoutMillis)
  const path = `/owners/${owner}/events?after=${cursorText(after)}&limit=${limit}`
  let page: unknown
  try {
    const response = await ask(path, { signal })
    if (!response.ok) throw new EventsUnavailableError(`it answers with status ${response.status}`)
    page = await response.json()
  } catch (cause) {
    if (cause instanceof EventsUnavailableError) throw cause
    throw new EventsUnavailableError('it gives no answer', { cause })
  }
  const read = readPage(page)
  if (!read) throw new EventsUnavailableError('what it says is no page of events')
  return read
}

function readPage(value: unknown): ToldPage | undefined {
  const page = (value ?? {}) as Record<string, unknown>
  const [after, final] = [cursorOf(page.after), cursorOf(page.final)]
  if (!after || !final || !Array.isArray(page.items) || !Array.isArray(page.indexed))
    return undefined
  const items = page.items.map((it) => readEvent(it))
  if (items.includes(undefined)) return undefined
  const indexed = (page.indexed as { chainId: number; block: string }[]).map(
    ({ chainId, block }) => [chainId, BigInt(block)] as const,
  )
  return {
    ...{ items: items as Told[], after, final, indexed: new Map(indexed) },
    ...{ more: page.more === true, live: page.live === true },
  }
}

function readEvent(value: unknown): Told | undefined {
  const event = (value ?? {}) as Record<string, unknown>
  const [place] = cursorOf(event.place) ?? []
  if (!place) return undefined
  const key = event.type === 'settlement' ? [event.logId, event.root] : [event.verdictId]
  return { key: [place[0], ...key].join(' '), chainId: place[0], place: place[1], event }
}

const cursorOf = (value: unknown) => (typeof value === 'string' ? readCursor(value) : undefined)

/** Whether two events of one name say the same; the state of the data, which changes later, aside. */
export function saysTheSame(a: Told, b: Told): boolean {
  return a === b || textOf(a) === textOf(b)
}

const textOf = ({ event }: Told) => JSON.stringify({ ...event, dataState: undefined })

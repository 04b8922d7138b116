import { blockOf, type Cursor, earlier, placeIn } from '../../events/cursor.ts'
import type { Heads } from './heads.ts'
import { createSignal } from './signal.ts'
import { saysTheSame, type Told, type ToldPage } from './upstream.ts'

/** What is known of an owner's events that a reorganization may still take back. Never altered: a change makes another one. */
export type Window = {
  /** Events from `base` on, by their keys. */
  items: ReadonlyMap<string, Told>
  base: Cursor
  /** Between `base` and here nothing changes any more, and all is among the items. */
  complete: Cursor
}

/** Looks at the events of one owner, for all who want to know together. */
export type OwnerWatch = {
  /** Undefined until it was read for the first time. */
  window(): Window | undefined
  /** Resolves with the next change, or after some milliseconds. */
  changed(millis: number): Promise<void>
  /** Final events behind a cursor. @throws EventsUnavailableError */
  page(after: Cursor): Promise<ToldPage>
  stop(): void
}

/** So many events are kept of what is not final; more are told when these are. */
const maxItems = 20_000
const pageLimit = 500
/** After which it is looked again at what was missing, and after a failure. */
const pauseMillis = 1_000
const waitMillis = 60_000

/** @param read - Reads a page of the owner's events. */
export function watchOwner(
  read: (after: Cursor, limit: number) => Promise<ToldPage>,
  heads: Heads,
): OwnerWatch {
  const changes = createSignal()
  const wake = createSignal()
  /** What was not found the last time. */
  let missing = new Set<string>()
  let window: Window | undefined
  let news = true
  let stopped = false

  const unsubscribe = heads.subscribe(() => {
    news = true
    wake.tell()
  })

  /** @returns Whether it is to be looked again soon, whatever the chain does. */
  async function look(): Promise<boolean> {
    const start = window?.complete ?? (await read(new Map(), 1)).final
    let page = await read(start, pageLimit)
    // Rows that are written anew are not missing; they come.
    if (!page.live) return true
    const { final, indexed } = page
    // The chain was replaced so deep that what was final no longer is.
    const base = earlier(start, final)
    if (placesDiffer(base, start)) page = await read(base, pageLimit)
    const found = new Map(page.items.map((it) => [it.key, it]))
    while (page.more && found.size < maxItems) {
      page = await read(page.after, pageLimit)
      for (const it of page.items) found.set(it.key, it)
    }
    if (stopped) return false
    const looked = page.more ? page.after : undefined
    const items = new Map<string, Told>()
    const stillMissing = new Set<string>()
    for (const [key, known] of window?.items ?? []) {
      if (known.place < placeIn(base, known.chainId)) continue
      if (found.has(key)) continue
      const isFinal = known.place < placeIn(final, known.chainId)
      const wasLooked = !looked || known.place < placeIn(looked, known.chainId)
      const isPast = blockOf(known.place) <= (indexed.get(known.chainId) ?? 0n)
      // Twice, since it may come back with the block that is being written.
      if (wasLooked && (isFinal || (isPast && missing.has(key)))) continue
      items.set(key, known)
      stillMissing.add(key)
    }
    for (const [key, it] of found) {
      const known = window?.items.get(key)
      items.set(key, known && saysTheSame(known, it) ? known : it)
    }
    missing = stillMissing
    const complete = looked ? earlier(final, looked) : final
    window = { items, base, complete }
    changes.tell()
    return stillMissing.size > 0
  }

  const isDue = () => news || stopped
  async function run(): Promise<void> {
    for (;;) {
      news = false
      const again = await look().catch(() => true)
      if (again) await wake.next(pauseMillis)
      while (!again && !isDue()) await wake.next(waitMillis)
      if (stopped) return
    }
  }
  void run()

  return {
    window: () => window,
    changed: (millis) => changes.next(millis),
    page: (after) => read(after, pageLimit),
    stop() {
      stopped = true
      unsubscribe()
      wake.tell()
    },
  }
}

function placesDiffer(a: Cursor, b: Cursor): boolean {
  return [...b].some(([chainId, place]) => placeIn(a, chainId) !== place)
}

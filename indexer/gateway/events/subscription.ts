import {
  behind,
  type Cursor,
  cursorText,
  earlier,
  isBefore,
  later,
  movedTo,
  placeIn,
  placeText,
} from '../../events/cursor.ts'
import type { ByteStream } from './byte-stream.ts'
import type { OwnerWatch, Window } from './owner-watch.ts'
import { saysTheSame, type Told } from './upstream.ts'

const pauseMillis = 1_000
const waitMillis = 60_000

/**
 * Tells one reader of an owner's events: first what is final, by pages; then what is not, as the watch knows it, with what was gone. A cursor that is
 * given away is never behind anything that can still change, so that who comes back with it misses nothing.
 *
 * @param heartbeatMillis - After which it is said again how far all is told, so that a reader of whom nothing is told comes back to a late place.
 * @param wanted - From where on. Undefined: from what is not final yet.
 */
export async function tellEvents(
  stream: ByteStream,
  watch: OwnerWatch,
  wanted: Cursor | undefined,
  heartbeatMillis: number,
): Promise<void> {
  while (!watch.window() && !stream.ended) await watch.changed(waitMillis)
  const first = watch.window()
  if (!first) return
  /** All before it was told, and stays. */
  let at = wanted ? earlier(wanted, first.base) : first.base
  /** What was told of what stands from there on. */
  const told = new Map<string, Told>()
  let isLive = false
  let saidAt = performance.now()
  const isOpen = () => !stream.ended

  const send = (type: string, data: Record<string, unknown>) => {
    const after = cursorText(at)
    saidAt = performance.now()
    return stream.write(
      `event: ${type}\nid: ${after}\ndata: ${JSON.stringify({ type, ...data, after })}\n\n`,
    )
  }
  const sendEvent = ({ event }: Told) => send(String(event.type), event)
  const sendRemoved = ({ event, chainId, place }: Told) => {
    const { type: of, logId, root, verdictId } = event
    return send('removed', {
      of,
      chainId,
      place: placeText(chainId, place),
      logId,
      root,
      verdictId,
    })
  }

  /** Takes what is before a cursor from what was told. */
  function takeBefore(cursor: Cursor): Told[] {
    const before = [...told].filter(([, it]) => it.place < placeIn(cursor, it.chainId))
    for (const [key] of before) told.delete(key)
    return before.map(([, it]) => it)
  }

  async function replay({ base }: Window): Promise<void> {
    const from = at
    const page = await watch.page(at)
    const end = earlier(page.final, base)
    for (const it of page.items) {
      if (!isOpen()) return
      if (it.place >= placeIn(end, it.chainId)) continue
      const known = told.get(it.key)
      told.delete(it.key)
      at = movedTo(at, it.chainId, behind(it.place))
      if (!known || !saysTheSame(known, it)) await sendEvent(it)
    }
    const next = later(at, earlier(page.after, end))
    // They were told, and are not there.
    for (const it of takeBefore(next)) await sendRemoved(it)
    at = next
    // It is read anew there, perhaps: what is before the base comes.
    if (!isBefore(from, at)) await watch.changed(pauseMillis)
  }

  async function follow({ items, base, complete }: Window): Promise<void> {
    // Another place only where the chain was replaced beyond what was final.
    at = earlier(at, base)
    const gone = [...told].filter(([key]) => !items.has(key))
    for (const [key, it] of gone) {
      told.delete(key)
      await sendRemoved(it)
    }
    const news = [...items.values()]
      .filter((it) => told.get(it.key) !== it && it.place >= placeIn(at, it.chainId))
      .sort((a, b) => (a.place < b.place ? -1 : 1))
    for (const it of news) {
      if (!isOpen()) return
      told.set(it.key, it)
      await sendEvent(it)
    }
    at = later(at, complete)
    const settled = takeBefore(at)
    if (isLive && settled.length === 0 && performance.now() - saidAt < heartbeatMillis) return
    isLive = true
    await send('live', {})
  }

  await stream.write('retry: 2000\n\n')
  await send('replay', {})
  while (isOpen()) {
    const window = watch.window()!
    if (isBefore(at, window.base)) {
      await replay(window).catch(() => watch.changed(pauseMillis))
      continue
    }
    await follow(window)
    while (watch.window() === window && isOpen()) await watch.changed(waitMillis)
  }
}

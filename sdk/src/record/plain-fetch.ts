/** Under which a recorder's `fetch` keeps the one that it stands before; also for other copies of this package. */
const key = Symbol.for('@assay/sdk/plain-fetch')
type MaybeRecording = typeof fetch & { [key]?: typeof fetch }

/** What a global `fetch` sends with, a recorder's taken off: an application may make `recorder.fetch` the global one. */
function plain(global: MaybeRecording | undefined): typeof fetch | undefined {
  return global?.[key] ?? global
}

/**
 * A `fetch` around the global one, as it is when a call is made.
 *
 * @param wrap - Gives a `fetch` around the one that it is given.
 */
export function aroundGlobal(wrap: (send: typeof fetch) => typeof fetch): typeof fetch {
  const before = plain(globalThis.fetch)
  const send = () => plain(globalThis.fetch) as typeof fetch
  const wrapped = wrap((input, init) => send()(input, init))
  return Object.defineProperty(wrapped, key, { value: before })
}

import type { FileHandle } from 'node:fs/promises'

/** How something fails: at once, by a promise or a callback, or by never coming back. */
export const manners = ['throws', 'rejects', 'never comes back'] as const
export type Manner = (typeof manners)[number]

/** What is to fail: a site, in its nth pass, from 1 on. */
export type Fault = { site: string; pass: number; manner: Manner }

/** How often a site was passed, and whether it gave a promise, or was to call back, in each of them. */
export type Passes = { count: number; isAsync: boolean }

/** Counts what passes the sites of one instance of the SDK, and lets one of them fail once. */
export type Faults = {
  passes: ReadonlyMap<string, Passes>
  /** Begins to count. */
  arm: () => void
  /** Whether the fault has come to pass. */
  happened: () => boolean
  /** To be called before the work of a site. Throws if it is to. */
  before: (site: string) => void
  /** Given what the work of a site gave, gives it on, or what stands in its place. */
  after: <T>(site: string, value: T) => T
  /** Given what a `for await` runs through; each step is a pass. */
  steps: <T>(site: string, items: AsyncIterable<T>) => AsyncIterable<T>
  /** Given the callback of a site, gives the one to call back. */
  callback: (site: string, done: Callback) => Callback
}

type Callback = (...args: unknown[]) => unknown

/** An error of the system, which has a code, as those of a disk do. */
export class InjectedError extends Error {
  override name = 'InjectedError'
  readonly code = 'EIO'

  constructor({ site, pass, manner }: Fault) {
    super(`${site}, pass ${pass}, ${manner}`)
  }
}

/** @param fault - Default: none; the sites are counted. */
export function createFaults(fault?: Fault): Faults {
  const passes = new Map<string, Passes>()
  const seen = { before: 0, after: 0 }
  let isArmed = false
  let happened = false

  function isDue(site: string, when: 'before' | 'after'): boolean {
    if (!isArmed || site !== fault?.site || (fault.manner === 'throws') !== (when === 'before'))
      return false
    const isDue = ++seen[when] === fault.pass
    happened ||= isDue
    return isDue
  }

  const passesOf = (site: string) => passes.get(site) ?? { count: 0, isAsync: false }

  function noteAsync(site: string): void {
    if (isArmed) passes.set(site, { count: passesOf(site).count, isAsync: true })
  }

  function before(site: string): void {
    const { count, isAsync } = passesOf(site)
    if (isArmed) passes.set(site, { count: count + 1, isAsync })
    if (isDue(site, 'before')) throw new InjectedError(fault as Fault)
  }

  function after<T>(site: string, value: T): T {
    if (!isPromise(value)) return value
    noteAsync(site)
    if (!isDue(site, 'after')) return value
    void value.then(giveBack, () => undefined)
    const instead =
      fault?.manner === 'rejects'
        ? Promise.reject(new InjectedError(fault))
        : new Promise(() => undefined)
    return instead as T
  }

  return {
    passes,
    arm: () => void (isArmed = true),
    happened: () => happened,
    before,
    after,
    steps: (site, items) => ({
      [Symbol.asyncIterator]() {
        const iterator = items[Symbol.asyncIterator]()
        return {
          next() {
            before(site)
            return after(site, iterator.next())
          },
          return: async (value: unknown) =>
            iterator.return ? iterator.return(value) : { done: true, value },
        }
      },
    }),
    callback(site, done) {
      noteAsync(site)
      if (!isDue(site, 'after')) return done
      const { manner } = fault as Fault
      return manner === 'rejects' ? () => done(new InjectedError(fault as Fault)) : () => undefined
    },
  }
}

/** What nobody will get, such as an open file, is not left to the collector of garbage. */
function giveBack(lost: unknown): void {
  const { fd, close } = (lost ?? {}) as Partial<FileHandle>
  if (fd !== undefined) void close?.call(lost as FileHandle).catch(() => undefined)
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as Promise<unknown> | undefined)?.then === 'function'
}

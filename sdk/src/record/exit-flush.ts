import type { Book } from './book.ts'

/** What a process that is about to end has to know of a book. */
export type Leaving = Pick<Book, 'flush' | 'status'> & {
  /** How long a settlement may take, in ms. */
  readonly exportTimeoutMillis: number
  onError(error: unknown): void
  /** Stops the settlement under way, so that it doesn't keep the process alive. It is tried again if the process goes on. */
  abandon(afterMillis: number): void
}

/** How long the end of a process is held up at most, in ms. */
const maxExitMillis = 5_000

/**
 * When a process has nothing left to do, settles what its books hold, for 5 seconds or `exportTimeoutMillis`, whichever is less. What
 * is not settled by then is told, and left to the next run. Nothing happens where a process is ended by a signal or `process.exit`.
 *
 * @param books - Those open at that time.
 */
export function flushAtExit(books: () => Iterable<Leaving>): void {
  const { process } = globalThis as {
    process?: { on?: (event: 'beforeExit', listener: () => void) => void }
  }
  /** How much each had recorded when it was tried: an end is held up once, and again only for what came since. */
  const tried = new WeakMap<Leaving, number>()
  process?.on?.('beforeExit', () => {
    for (const book of books()) {
      const { pending, recorded } = book.status()
      if (pending === 0 || tried.get(book) === recorded) continue
      tried.set(book, recorded)
      void flushWithin(book, Math.min(book.exportTimeoutMillis, maxExitMillis))
    }
  })
}

async function flushWithin(book: Leaving, millis: number): Promise<void> {
  const timer = setTimeout(() => book.abandon(millis), millis)
  try {
    await book.flush()
  } catch (error) {
    book.onError(error)
  } finally {
    clearTimeout(timer)
  }
}

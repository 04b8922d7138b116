import type { Ask } from './upstream.ts'

/** Tells when the indexer has got further, or back. */
export type Heads = {
  /** @returns What ends it. */
  subscribe(listener: () => void): () => void
}

const timeoutMillis = 5_000

/**
 * Asks how far the indexer is, for all who want to know together; nobody wants to: it asks nothing.
 *
 * @param options.millis - Between askings. Default: 500.
 */
export function watchHeads(ask: Ask, { millis = 500 }: { millis?: number } = {}): Heads {
  const listeners = new Set<() => void>()
  let last: string | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  async function look(): Promise<void> {
    try {
      const response = await ask('/status', { signal: AbortSignal.timeout(timeoutMillis) })
      const status = await response.text()
      if (response.ok && status !== last) {
        last = status
        for (const listener of listeners) listener()
      }
    } catch {
      // It is started anew, perhaps; the next asking follows.
    }
    timer = listeners.size > 0 ? setTimeout(() => void look(), millis).unref() : undefined
  }

  return {
    subscribe(listener) {
      listeners.add(listener)
      timer ??= setTimeout(() => void look(), 0).unref()
      return () => void listeners.delete(listener)
    },
  }
}

import type { RecorderConfig } from '../config/recorder-config.ts'
import { type Book, openBook } from './book.ts'

/** How often is looked for journals that were left, in ms. */
const lookMillis = 60_000

/**
 * Settles what processes and threads that have ended left in other journals of the same place: first after
 * `scheduledDelayMillis`, then once a minute. A journal is held no longer than that takes.
 *
 * @returns Ends it; what is under way is left to whoever comes next.
 */
export function adoptOrphans(config: RecorderConfig): () => Promise<void> {
  const { journal, place, onError } = config
  let current: Book | undefined
  let isOver = false
  let timer = later(config.scheduledDelayMillis)

  function later(millis: number) {
    const next = setTimeout(() => void look(), millis)
    ;(next as { unref?: () => void }).unref?.()
    return next
  }

  async function look(): Promise<void> {
    try {
      for (const orphan of journal.orphans?.(place) ?? []) {
        current = openBook({ ...config, journal: () => orphan })
        // One that can't be settled keeps nobody from looking at the others.
        await current.flush().catch(onError)
        await current.close()
        if (isOver) return
      }
    } catch (error) {
      onError(error)
    }
    if (!isOver) timer = later(lookMillis)
  }

  return async () => {
    isOver = true
    clearTimeout(timer)
    await current?.close()
  }
}

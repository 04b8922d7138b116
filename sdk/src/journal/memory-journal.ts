import type { Journal } from './journal.ts'
import { memoryStorage } from './memory-storage.ts'
import { beginJournal } from './open-journal.ts'

/**
 * A journal in memory, for runtimes without a disk. What is not settled when the process ends is lost, and so are the openings:
 * export the receipts that you want to keep, by `onReceipt`.
 */
export function memoryJournal(): Journal {
  return (place) =>
    beginJournal(memoryStorage(), place, {
      name: 'memory',
      segmentBytes: 2 ** 20,
      compact: true,
      release: () => undefined,
    })
}

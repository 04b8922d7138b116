import { JournalError } from '../errors/journal.ts'
import { createHeader } from './header.ts'
import type { Journal } from './journal.ts'
import { memoryStorage } from './memory-storage.ts'
import { beginJournal } from './open-journal.ts'

/**
 * A journal in memory, for runtimes without a disk. What is not settled when the process ends is lost, and so are the openings:
 * export the receipts that you want to keep, by `onReceipt`.
 */
export function memoryJournal(): Journal {
  return (place) =>
    beginJournal(memoryStorage(), createHeader(place), {
      name: 'memory',
      segmentBytes: 2 ** 20,
      compact: true,
      lock: { isHeld: () => true, release: () => undefined },
    })
}

let told = false

/**
 * A journal in memory that nobody asked for: the default where there is no disk.
 *
 * @param tell - Given once what is lost, and what to do.
 */
export function volatileJournal(tell: (warning: JournalError) => void): Journal {
  return (place) => {
    if (!told) {
      tell(
        new JournalError('none', 'is in memory: there is no disk here', {
          metaMessages: [
            'What is not settled when this process or isolate ends is lost.',
            'Wait for `recorder.shutdown()` at the end of each request, or hand it to `waitUntil`.',
            'Set `journal: memoryJournal()` to say that you know.',
          ],
          docsPath: 'runtimes.md',
        }),
      )
    }
    told = true
    return memoryJournal()(place)
  }
}

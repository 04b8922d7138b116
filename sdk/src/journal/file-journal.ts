import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import { environment } from '../config/environment.ts'
import { builtin } from '../crypto/node.ts'
import { JournalError } from '../errors/journal.ts'
import { fileStorage, type FileSystem, segmentsIn, sizeOf } from './file-storage.ts'
import type { Journal, JournalPlace, OpenJournal } from './journal.ts'
import { attempt } from './attempt.ts'
import { type Lock, takeLock } from './lock.ts'
import { findJournal } from './find-journal.ts'
import { createHeader, isOf } from './header.ts'
import { beginJournal, type JournalOptions, openJournal } from './open-journal.ts'

export type FileJournalOptions = {
  /** Where the journals are kept, one folder each. Default: ASSAY_JOURNAL, else `.assay/journal`. */
  directory?: string | undefined
  /** Size from which on a journal goes on in a new file, in bytes. Default: 16 MiB. */
  segmentBytes?: number | undefined
  /**
   * Whether files are removed once all in them is final on chain and `onReceipt` has taken its receipts, which are the only other
   * place where the openings are. Default: false; everything is kept.
   */
  compact?: boolean | undefined
}

/**
 * A journal on disk. Each recorder that opens the directory holds a journal of its own in it: one of the same inference log that
 * no living one holds, or a new one, with its own instance. Readable by the user alone (0600), since it holds the openings and
 * the seed of the salts.
 *
 * @throws JournalError when opened, if the directory can't be used.
 */
export function fileJournal(options: FileJournalOptions = {}): Journal {
  const { segmentBytes = 16 * 2 ** 20, compact = false } = options
  const fs = builtin('node:fs') as typeof NodeFs | undefined
  const path = builtin('node:path') as typeof NodePath | undefined
  const given = options.directory ?? environment().ASSAY_JOURNAL ?? '.assay/journal'
  // A program may change its working directory.
  const directory = path?.resolve(given) ?? given

  /** Opens journals that nobody holds, one after the other. */
  function* freeIn(system: FileSystem, place: JournalPlace) {
    for (const name of system.fs.readdirSync(directory).sort()) {
      // One that can't be used, such as another user's, keeps nobody from recording.
      const journal = attempt(() => openFree(system, system.path.join(directory, name), place))
      if (journal) yield journal
    }
  }

  /** Sizes of journals in which nothing was left to do: they need not be read again. */
  const doneAt = new Map<string, number>()

  /** Opens journals that nobody holds and in which something is left to settle, or to become final. */
  function* abandonedIn(system: FileSystem, place: JournalPlace, untilFinal: boolean) {
    for (const name of system.fs.readdirSync(directory).sort()) {
      const folder = system.path.join(directory, name)
      if (doneAt.get(folder) === attempt(() => sizeOf(system, folder))) continue
      const journal = attempt(() => openFree(system, folder, place))
      if (!journal) continue
      const { state } = journal
      const isLeft = () =>
        (state.stolen === undefined ? state.settled : (state.moved ?? state.stolen)) < state.next ||
        (untilFinal && state.finalized < state.settled)
      const { settled, exported } = state
      // Also one whose process died between a settlement and handing out its receipts.
      if (isLeft() || (exported && exported.to < settled)) yield journal
      else void journal.close().catch(() => undefined)
      if (isLeft()) continue
      const now = attempt(() => sizeOf(system, folder))
      if (now !== undefined) doneAt.set(folder, now)
    }
  }

  function openFree(system: FileSystem, folder: string, place: JournalPlace) {
    if (segmentsIn(system, folder).length === 0) return undefined
    const lock = takeLock(system.fs, system.path.join(folder, 'lock'))
    if (!lock) return undefined
    let opened: OpenJournal | undefined
    try {
      opened = openHeld(system, folder, place, { name: folder, segmentBytes, compact, lock })
    } finally {
      if (!opened) lock.release()
    }
    return opened
  }

  function create(system: FileSystem, place: JournalPlace): OpenJournal {
    const header = createHeader(place)
    const folder = system.path.join(directory, header.instance.slice(2, 18))
    system.fs.mkdirSync(folder, { mode: 0o700 })
    const storage = fileStorage(system, folder)
    let lock: Lock | undefined
    try {
      lock = takeLock(system.fs, system.path.join(folder, 'lock'))
      if (!lock) throw new JournalError(folder, 'is held by another process')
      return beginJournal(storage, header, { name: folder, segmentBytes, compact, lock })
    } catch (error) {
      // It is tried again for as long as the disk is full: nothing may pile up.
      attempt(() => storage.close())
      lock?.release()
      attempt(() => system.fs.rmSync(folder, { recursive: true, force: true }))
      throw error
    }
  }

  function within<T>(run: (system: FileSystem) => T): T {
    if (!fs || !path) throw new JournalError(directory, 'needs a file system; use memoryJournal()')
    try {
      fs.mkdirSync(directory, { recursive: true, mode: 0o700 })
      return run({ fs, path })
    } catch (error) {
      if (error instanceof JournalError) throw error
      throw new JournalError(directory, 'cannot be opened', { cause: error })
    }
  }

  return Object.assign(
    (place: JournalPlace) =>
      within((system) => {
        for (const journal of freeIn(system, place)) {
          // In a log that somebody else settles in nothing more is recorded.
          if (journal.state.stolen === undefined) return journal
          void journal.close().catch(() => undefined)
        }
        return create(system, place)
      }),
    {
      directory,
      abandoned: (place: JournalPlace, { untilFinal } = { untilFinal: false }) =>
        within((system) => abandonedIn(system, place, untilFinal)),
      free: (place: JournalPlace) => within((system) => freeIn(system, place)),
    },
  )
}

/** Opens a journal whose lock is ours; undefined if it is of another inference log, or damaged. */
function openHeld(
  system: FileSystem,
  folder: string,
  place: JournalPlace,
  options: JournalOptions,
): OpenJournal | undefined {
  const storage = fileStorage(system, folder)
  for (const segment of storage.segments().reverse()) {
    const found = findJournal(storage.load(segment))
    if (found === 'damaged') return undefined
    // A segment whose beginning was cut was begun by a write that nobody was told of: the one before it is the newest.
    if (found === 'cut') continue
    return isOf(found.header, place) ? openJournal(storage, segment, found, options) : undefined
  }
  return undefined
}

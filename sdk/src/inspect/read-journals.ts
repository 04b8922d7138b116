import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import { builtin } from '../crypto/node.ts'
import { JournalError } from '../errors/journal.ts'
import { type FileSystem, fileStorage, segmentsIn } from '../journal/file-storage.ts'
import { findJournal } from '../journal/find-journal.ts'
import { attempt } from '../journal/holder.ts'
import type { JournalPlace, OpenJournal } from '../journal/journal.ts'
import { openJournal } from '../journal/open-journal.ts'

/** A journal as it stood a moment ago. Whatever would write to it is refused. */
export type ReadableJournal = {
  /** Its folder. */
  folder: string
  place: JournalPlace
  journal: OpenJournal
}

/** How often a journal is looked at whose newest write may be seen by half. */
const attempts = 3
/** In ms: longer than a write of a group takes. */
const pause = 50

/**
 * Reads the journals in a directory, one after the other, and disturbs nobody who holds one: no lock is asked for or looked at,
 * and nothing is written. What is synced after a journal was opened here is not seen.
 *
 * @param directory - As given to `fileJournal`.
 * @returns For each journal what can be read of it, or why it can't be.
 * @throws JournalError if the directory can't be read.
 */
export async function* readJournals(
  directory: string,
): AsyncGenerator<ReadableJournal | JournalError> {
  const fs = builtin('node:fs') as typeof NodeFs | undefined
  const path = builtin('node:path') as typeof NodePath | undefined
  if (!fs || !path) throw new JournalError(directory, 'needs a file system to be read')
  const system = { fs, path }
  for (const name of namesIn(system, directory)) {
    const folder = path.join(directory, name)
    const numbers = attempt(() => segmentsIn(system, folder))
    // Something else that lies there.
    if (numbers?.length === 0) continue
    const found = await read(system, folder)
    if (found) yield found
  }
}

function namesIn({ fs }: FileSystem, directory: string): string[] {
  try {
    return fs.readdirSync(directory).sort()
  } catch (cause) {
    throw new JournalError(directory, 'cannot be read', { cause })
  }
}

async function read(
  system: FileSystem,
  folder: string,
): Promise<ReadableJournal | JournalError | undefined> {
  for (let left = attempts; ; left--) {
    const found = attemptToRead(system, folder)
    // A write that goes on, or a file that was just compacted, passes for damage.
    if (!(found instanceof JournalError) || left === 1) return found
    await new Promise((resolve) => setTimeout(resolve, pause))
  }
}

/** Undefined: nothing in it was ever written whole. */
function attemptToRead(
  system: FileSystem,
  folder: string,
): ReadableJournal | JournalError | undefined {
  try {
    const storage = fileStorage(system, folder)
    for (const segment of storage.segments().reverse()) {
      const found = findJournal(storage.load(segment))
      if (found === 'damaged') return new JournalError(folder, 'is damaged')
      if (found === 'cut') continue
      const { chainId, inferenceLog, owner, sessionKey } = found.header
      const journal = openJournal(storage, segment, found, {
        name: folder,
        segmentBytes: Infinity,
        compact: false,
        // Not ours: whatever would write is refused.
        lock: { isHeld: () => false, release: () => undefined },
      })
      return { folder, place: { chainId, inferenceLog, owner, sessionKey }, journal }
    }
    return undefined
  } catch (cause) {
    return new JournalError(folder, 'cannot be read', { cause })
  }
}

import * as fs from 'node:fs'
import * as path from 'node:path'
import { JournalError } from '../errors/journal.ts'
import { type Lock, takeLock } from '../journal/lock.ts'

/**
 * Holds a folder for this process alone, by the lock that journals have. A holder that died holds nothing.
 *
 * @param folder - Made if it is not there.
 * @returns Undefined if somebody alive holds it; `readHolder` says who.
 * @throws JournalError if it can't be made or written.
 */
export function holdFolder(folder: string): Lock | undefined {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 })
    return takeLock(fs, path.join(folder, 'lock'))
  } catch (cause) {
    throw new JournalError(folder, 'cannot be opened', { cause })
  }
}

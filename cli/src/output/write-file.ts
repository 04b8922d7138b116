import {
  closeSync,
  fsyncSync,
  linkSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { OutputError } from '../errors.ts'
import { undisturbed } from './undisturbed.ts'

export type WriteFileOptions = {
  /** Whether a file that is there may be replaced. */
  replace: boolean
}

/**
 * Writes a file whole or not at all, readable by the user alone (0600), since receipts hold openings.
 *
 * @throws OutputError; what was there is then as it was.
 */
export function writeFile(path: string, bytes: Uint8Array, { replace }: WriteFileOptions): void {
  const found = existing(path)
  if (found && !replace) throw isThere(path)
  // Such as /dev/null, whose place no file should take.
  if (found && !found.isFile() && !found.isSymbolicLink()) {
    throw new OutputError(path, 'would replace something that is no file')
  }
  const beside = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`)
  undisturbed(() => {
    try {
      writeNew(beside, bytes)
      if (replace) renameSync(beside, path)
      else putInPlace(beside, path)
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException
      if (code === 'EEXIST') throw isThere(path)
      throw new OutputError(path, `cannot be written (${code})`, { cause })
    } finally {
      rmSync(beside, { force: true })
    }
  })
}

/** Refuses early what `writeFile` would refuse after the work is done. @throws OutputError */
export function checkOutput(path: string | undefined, { replace }: WriteFileOptions): void {
  if (path !== undefined && existing(path) && !replace) throw isThere(path)
}

function existing(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new OutputError(path, `cannot be written (${code})`, { cause })
  }
}

function isThere(path: string): OutputError {
  return new OutputError(path, 'is there already', {
    metaMessages: ['Nothing was written. `--force` replaces it.'],
  })
}

function writeNew(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, 'wx', 0o600)
  try {
    for (let done = 0; done < bytes.length;) done += writeSync(descriptor, bytes, done)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** A link is made only where nothing is, however late it came there; renaming would replace it. */
function putInPlace(from: string, to: string): void {
  try {
    linkSync(from, to)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // File systems without links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error
    if (existing(to)) throw isThere(to)
    renameSync(from, to)
  }
}

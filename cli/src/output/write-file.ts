import { lstatSync, rmSync, type Stats } from 'node:fs'
import { link, open, rename, writeFile as writeTo } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { BaseError } from '@assay/sdk/errors'
import { OutputError } from '../errors.ts'
import { onSignal } from './on-signal.ts'

/** What is written: at once, or as it comes. */
export type Content =
  string | Uint8Array | Iterable<string | Uint8Array> | AsyncIterable<string | Uint8Array>

export type WriteFileOptions = {
  /** Whether a file that is there may be replaced. */
  replace: boolean
}

/**
 * Writes a file whole or not at all, readable by the user alone (0600), since receipts hold openings.
 *
 * @throws OutputError, and what the content throws; what was there is then as it was.
 */
export async function writeFile(
  path: string,
  content: Content,
  { replace }: WriteFileOptions,
): Promise<void> {
  checkTarget(path, { replace })
  const beside = join(dirname(path), `.${basename(path)}.${crypto.randomUUID()}.tmp`)
  const remove = () => rmSync(beside, { force: true })
  const settle = onSignal(remove)
  try {
    await writeNew(beside, content)
    await (replace ? rename(beside, path) : putInPlace(beside, path))
  } catch (error) {
    if (error instanceof BaseError) throw error
    throw unwritable(path, error)
  } finally {
    remove()
    settle()
  }
}

/** Refuses early what `writeFile` would refuse after the work is done. @throws OutputError */
export function checkTarget(path: string, { replace }: WriteFileOptions): void {
  const found = existing(path)
  if (found && !replace) throw isThere(path)
  // Such as /dev/null, whose place no file should take.
  if (found && !found.isFile() && !found.isSymbolicLink()) {
    throw new OutputError(path, 'would replace something that is no file')
  }
}

function existing(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch (error) {
    throw unwritable(path, error)
  }
}

function isThere(path: string): OutputError {
  return new OutputError(path, 'is there already', {
    metaMessages: ['Nothing was written. `--force` replaces it.'],
  })
}

function unwritable(path: string, cause: unknown): OutputError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException
  if (code === 'EEXIST') return isThere(path)
  return new OutputError(path, `cannot be written (${code})`, { cause })
}

async function writeNew(path: string, content: Content): Promise<void> {
  const file = await open(path, 'wx', 0o600)
  try {
    await writeTo(file, content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** A link is made only where nothing is, however late it came there; renaming would replace it. */
async function putInPlace(from: string, to: string): Promise<void> {
  try {
    await link(from, to)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    // File systems without links.
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'].includes(code)) throw error
    checkTarget(to, { replace: false })
    await rename(from, to)
  }
}

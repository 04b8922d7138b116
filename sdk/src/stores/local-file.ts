import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import type * as NodeUrl from 'node:url'
import { builtin } from '../crypto/node.ts'
import { BatchDataUnavailableError, type UnavailableReason } from '../errors/store.ts'
import { shownUri } from './batch-uri.ts'

/**
 * Reads a file that a URI names, if it is inside of a directory, links followed.
 *
 * @param url - Of the scheme `file:`; not trusted.
 * @throws BatchDataUnavailableError
 */
export async function readLocalFile(
  url: URL,
  directory: string,
  maxBytes: number,
): Promise<Uint8Array> {
  const fail = (...[reason, description]: [UnavailableReason, string]) =>
    new BatchDataUnavailableError(reason, shownUri(url.href), description)
  const fs = builtin('node:fs') as typeof NodeFs | undefined
  const path = builtin('node:path') as typeof NodePath | undefined
  const { fileURLToPath } = (builtin('node:url') ?? {}) as Partial<typeof NodeUrl>
  if (!fs || !path || !fileURLToPath) throw fail('not-allowed', 'this runtime has no files')
  let inside: string
  let file: string
  try {
    inside = await fs.promises.realpath(directory)
    file = await fs.promises.realpath(fileURLToPath(url))
  } catch {
    throw fail('not-found', 'there is no such file')
  }
  if (!file.startsWith(inside.endsWith(path.sep) ? inside : inside + path.sep)) {
    throw fail('not-allowed', 'its file is outside of `fileDirectory`')
  }
  try {
    const stat = await fs.promises.stat(file)
    // A pipe or a device may have no end.
    if (!stat.isFile()) throw fail('not-allowed', 'it is no regular file')
    if (stat.size > maxBytes) throw fail('too-large', `it has more than ${maxBytes} bytes`)
    return new Uint8Array(await fs.promises.readFile(file))
  } catch (error) {
    if (error instanceof BatchDataUnavailableError) throw error
    throw fail('refused', 'its file cannot be read')
  }
}

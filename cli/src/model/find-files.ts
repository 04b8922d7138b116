import { type BigIntStats, lstatSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { InputError, UsageError } from '../errors.ts'

/** A file of a model, and the path by which the manifest names it. */
export type ModelFile = { file: string; path: string; stats: BigIntStats }

/**
 * The files that a model consists of: all below one directory, or those that are named.
 *
 * @param ignored - Paths of the manifest, of files or directories, that are left out.
 * @throws InputError for a link, for what is no file, and for names that not every system has; UsageError
 */
export async function findFiles(
  paths: readonly string[],
  ignored: readonly string[] = [],
): Promise<ModelFile[]> {
  const left = new Set(ignored.map((path) => path.replace(/\/+$/, '')))
  const [first] = paths
  if (paths.length === 1 && first !== undefined && statsOf(first).isDirectory()) {
    const found: ModelFile[] = []
    await walk(first, '', left, found)
    return found
  }
  return paths.flatMap((file) => {
    const path = normalize(file).split(sep).join('/')
    if (isAbsolute(file) || path.startsWith('../')) {
      throw new UsageError('Files have to be named by paths from here: the manifest binds them.', {
        metaMessages: [`File: ${file}`, 'Name the directory instead, or go there first.'],
      })
    }
    return left.has(path) ? [] : [fileAt(file, path)]
  })
}

async function walk(
  directory: string,
  below: string,
  ignored: ReadonlySet<string>,
  found: ModelFile[],
): Promise<void> {
  const names = await readdir(directory, { encoding: 'buffer' }).catch((cause: unknown) => {
    throw unreadable(directory, cause)
  })
  for (const raw of names) {
    const name = nameOf(raw, directory)
    const file = join(directory, name)
    const path = below === '' ? name : `${below}/${name}`
    if (ignored.has(path)) continue
    if (statsOf(file).isDirectory()) await walk(file, path, ignored, found)
    else found.push(fileAt(file, path))
  }
}

/** Names on disk are bytes: those that are no text would be another name in the manifest. */
function nameOf(raw: Uint8Array, directory: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw)
  } catch (cause) {
    throw new InputError(directory, 'has a file whose name is no text in UTF-8', { cause })
  }
}

function fileAt(file: string, path: string): ModelFile {
  const stats = statsOf(file)
  if (!stats.isFile()) throw new InputError(file, 'is no regular file')
  if (/[\\\p{Cc}]/u.test(path)) {
    throw new InputError(file, 'has a backslash or a control character in its name', {
      metaMessages: ['Not every system could hold this file, and so check the manifest.'],
    })
  }
  return { file, path, stats }
}

function statsOf(file: string): BigIntStats {
  let stats: BigIntStats
  try {
    stats = lstatSync(file, { bigint: true })
  } catch (cause) {
    throw unreadable(file, cause)
  }
  if (!stats.isSymbolicLink()) return stats
  throw new InputError(file, 'is a symbolic link', {
    metaMessages: [
      'A manifest names files, and a link may lead anywhere. Copy what it leads to: `cp -rL <from> <to>`.',
    ],
  })
}

function unreadable(file: string, cause: unknown): InputError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException
  return new InputError(file, code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`, {
    cause,
  })
}

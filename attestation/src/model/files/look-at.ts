import { type BigIntStats, lstatSync, statSync } from 'node:fs'
import { ModelFilesError } from '../errors.ts'
import { type FileStats, fileStatsOf } from './file-stats.ts'

/** What is at a place. */
export type Seen =
  { kind: 'file'; stats: FileStats } | { kind: 'directory' } | { kind: 'linked-directory' }

/**
 * Says what is at a place, without opening it: opening a pipe would wait for whoever writes into it.
 *
 * @throws ModelFilesError for a link, unless they are allowed, for what is neither file nor directory, and for what can't be read.
 */
export function lookAt(file: string, { allowLinks }: { allowLinks: boolean }): Seen {
  const here = statsOf(file, lstatSync)
  if (!here.isSymbolicLink()) return seenBy(here, file)
  if (!allowLinks) {
    throw new ModelFilesError('link', file, 'is a symbolic link', {
      metaMessages: [
        'A manifest names files, and a link may lead anywhere. Take links for what they lead to by --allow-symlinks, or copy',
        'that: `cp -rL <from> <to>`.',
      ],
    })
  }
  const there = statsOf(file, statSync)
  return there.isDirectory() ? { kind: 'linked-directory' } : seenBy(there, file)
}

function seenBy(stats: BigIntStats, file: string): Seen {
  if (stats.isDirectory()) return { kind: 'directory' }
  if (stats.isFile()) return { kind: 'file', stats: fileStatsOf(stats) }
  throw new ModelFilesError('special', file, 'is no regular file')
}

function statsOf(file: string, stat: typeof lstatSync): BigIntStats {
  try {
    return stat(file, { bigint: true })
  } catch (cause) {
    throw unreadable(file, cause)
  }
}

/** What to throw when the system does not let a file be read. */
export function unreadable(file: string, cause: unknown): ModelFilesError {
  const { code = String(cause) } = cause as NodeJS.ErrnoException
  return code === 'ENOENT'
    ? new ModelFilesError('missing', file, 'does not exist', { cause })
    : new ModelFilesError('unreadable', file, `cannot be read (${code})`, { cause })
}

import { readdir } from 'node:fs/promises'
import { isAbsolute, join, normalize, sep } from 'node:path'
import { ModelFilesError } from '../errors.ts'
import type { FileStats } from './file-stats.ts'
import { checkName, nameOf } from './file-name.ts'
import { lookAt, unreadable } from './look-at.ts'

/** A file of a model. */
export type ModelFile = {
  /** Where it is. */
  file: string
  /** How the manifest names it: relative, with `/`. */
  path: string
  stats: FileStats
}

export type FindOptions = {
  /** Paths of the manifest, of files or directories, that are left out. */
  ignore?: readonly string[]
  /** Takes links to files for what they lead to; links to directories are left out. Default: links are refused. */
  allowLinks?: boolean
}

export type FoundFiles = {
  files: ModelFile[]
  /** Paths of links to directories, which were left out. */
  linkedDirectories: string[]
}

/** More is no model, but a disk. */
const maxFiles = 1_000_000
/** Directories within each other, at most: what is mounted within itself has no end. */
const maxDepth = 128

/**
 * The files that a model consists of: all below one directory, or those that are named.
 *
 * @throws ModelFilesError for a link, for what is no file, for names that not every system has, and for what can't be read.
 */
export async function findModelFiles(
  paths: readonly string[],
  { ignore = [], allowLinks = false }: FindOptions = {},
): Promise<FoundFiles> {
  const walk: Walk = {
    ignored: new Set(ignore.map(plainPath)),
    allowLinks,
    files: [],
    linked: [],
  }
  const [first] = paths
  if (paths.length === 1 && first !== undefined) {
    if (lookAt(first, { allowLinks }).kind !== 'file') {
      await findBelow(first, walk)
      if (walk.files.length === 0) {
        throw new ModelFilesError('missing', first, 'is a directory without a file that counts')
      }
      return { files: walk.files, linkedDirectories: walk.linked }
    }
  }
  for (const file of paths) {
    const path = normalize(file).split(sep).join('/')
    if (isAbsolute(file) || path.startsWith('../')) {
      throw new ModelFilesError('outside', file, 'has to be named by a path from here', {
        metaMessages: ['The manifest binds paths. Name the directory instead, or go there first.'],
      })
    }
    if (!walk.ignored.has(path) && take(file, path, walk)) throw directoryAmongFiles(file)
  }
  return { files: walk.files, linkedDirectories: walk.linked }
}

/** To leave it out would give the digest of another model, and nobody would notice. */
const directoryAmongFiles = (directory: string) =>
  new ModelFilesError('special', directory, 'is a directory, named among others', {
    metaMessages: ['Name one directory alone, or each file.'],
  })

type Walk = {
  ignored: ReadonlySet<string>
  allowLinks: boolean
  files: ModelFile[]
  linked: string[]
}

async function findBelow(root: string, walk: Walk): Promise<void> {
  const directories = [{ directory: root, below: '', depth: 0 }]
  for (let next = directories.pop(); next; next = directories.pop()) {
    const { directory, below, depth } = next
    if (depth > maxDepth) {
      throw new ModelFilesError('too-deep', directory, `is more than ${maxDepth} directories deep`)
    }
    const names = await readdir(directory, { encoding: 'buffer' }).catch((cause: unknown) => {
      throw unreadable(directory, cause)
    })
    for (const raw of names) {
      const name = nameOf(raw, directory)
      const path = below === '' ? name : `${below}/${name}`
      if (walk.ignored.has(path)) continue
      const file = join(directory, name)
      const isDirectory = take(file, path, walk)
      if (isDirectory) directories.push({ directory: file, below: path, depth: depth + 1 })
    }
  }
}

/** @returns Whether it is a directory, whose files are still to be found. */
function take(file: string, path: string, { allowLinks, files, linked }: Walk): boolean {
  const seen = lookAt(file, { allowLinks })
  if (seen.kind === 'directory') return true
  if (seen.kind === 'linked-directory') {
    linked.push(path)
    return false
  }
  checkName(path, file)
  if (files.push({ file, path, stats: seen.stats }) > maxFiles) {
    throw new ModelFilesError('too-many', file, `is one of more than ${maxFiles}`)
  }
  return false
}

/** A path as the manifest has it, from one that a person typed. */
const plainPath = (path: string) => path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '')

import { createHash, randomUUID } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join, resolve } from 'node:path'
import type { FileStats } from '../files/file-stats.ts'

/** Digests of files that have not changed since. What goes wrong with it is as if there were none. */
export type HashCache = {
  /** The digest of a file, in hex. */
  find(file: string, stats: FileStats): string | undefined
  /**
   * Keeps the digest of a file.
   *
   * @param seenAt - When its stats were taken, in ms since 1970.
   */
  keep(file: string, stats: FileStats, sha256: string, seenAt: number): void
}

/** Smaller files are hashed sooner than looked up. In bytes. */
const leastBytes = 2n ** 20n
/**
 * A file that was written less than this before it was looked at may be written again without a change of its times, where these are
 * coarse: FAT counts in steps of 2 s. In ns.
 */
const freshNs = 3_000_000_000n
/** An entry that nobody made anew for so long is removed. In ms. */
const maxAge = 180 * 24 * 3600 * 1000

/** Version, path, device, inode, size, modified, changed, SHA-256: a line each. */
const version = 'assay/hash-cache/v1'

/**
 * Opens a directory of entries, one file each. Each is written whole and put in place at once, so that programs which run beside
 * each other lose nothing and see no half of one.
 *
 * @returns A cache that knows nothing, where the directory is not the user's alone.
 */
export function openHashCache(directory: string): HashCache {
  const isUsable = prepare(directory)
  return {
    find(file, stats) {
      if (!isUsable || stats.size < leastBytes) return undefined
      const expected = linesOf(file, stats)
      const found = readEntry(placeOf(directory, file).path)?.split('\n')
      const sha256 = found?.pop()
      if (found?.join('\n') !== expected || !/^[0-9a-f]{64}$/.test(sha256 ?? '')) return undefined
      return sha256
    },
    keep(file, stats, sha256, seenAt) {
      if (!isUsable || stats.size < leastBytes) return
      const changed = stats.mtimeNs > stats.ctimeNs ? stats.mtimeNs : stats.ctimeNs
      if (changed + freshNs > BigInt(seenAt) * 1_000_000n) return
      const { shelf, path } = placeOf(directory, file)
      const beside = join(shelf, `.${randomUUID()}.tmp`)
      try {
        mkdirSync(shelf, { recursive: true, mode: 0o700 })
        writeFileSync(beside, `${linesOf(file, stats)}\n${sha256}`, { mode: 0o600, flag: 'wx' })
        renameSync(beside, path)
        prune(shelf)
      } catch {
        rmSync(beside, { force: true })
      }
    },
  }
}

/** A digest that somebody else could have put there is none. */
function prepare(directory: string): boolean {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    const { uid, mode } = lstatSync(directory)
    if (process.getuid === undefined) return true
    return uid === process.getuid() && (mode & 0o022) === 0
  } catch {
    return false
  }
}

function placeOf(directory: string, file: string): { shelf: string; path: string } {
  const name = createHash('sha256').update(resolve(file)).digest('hex')
  const shelf = join(directory, name.slice(0, 2))
  return { shelf, path: join(shelf, name.slice(2)) }
}

function linesOf(file: string, { dev, ino, size, mtimeNs, ctimeNs }: FileStats): string {
  // A path may have line feeds above the files' own names.
  const path = JSON.stringify(resolve(file))
  return [version, path, dev, ino, size, mtimeNs, ctimeNs].join('\n')
}

function readEntry(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function prune(shelf: string): void {
  const before = Date.now() - maxAge
  for (const name of readdirSync(shelf)) {
    const path = join(shelf, name)
    if (statSync(path).mtimeMs < before) rmSync(path, { force: true })
  }
}

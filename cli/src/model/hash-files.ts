import { createHash } from 'node:crypto'
import { createReadStream, type BigIntStats } from 'node:fs'
import { open } from 'node:fs/promises'
import { createManifest, type Manifest, type ManifestFile } from '@assay/sdk/formats'
import { InputError } from '../errors.ts'
import type { Progress } from '../output/progress.ts'
import { findFiles, type ModelFile } from './find-files.ts'

/** Read at once, in bytes: larger pieces gain nothing more. */
const pieceBytes = 2 ** 20

/**
 * Makes the manifest of a model: path, size and SHA-256 of each file. Files are read piece by piece, however large.
 *
 * @throws InputError for a file that changes meanwhile; what `findFiles` and `createManifest` throw
 */
export async function hashModel(
  paths: readonly string[],
  ignored: readonly string[] | undefined,
  progress: Progress,
): Promise<Manifest> {
  const found = await findFiles(paths, ignored)
  const total = found.reduce((sum, { stats }) => sum + Number(stats.size), 0)
  let done = 0
  const hashed: ManifestFile[] = []
  try {
    for (const [i, file] of found.entries()) {
      const advance = (bytes: number) => {
        done += bytes
        progress.show(`file ${i + 1} of ${found.length}`, total === 0 ? 1 : done / total)
      }
      hashed.push(await hashFile(file, advance))
    }
  } finally {
    progress.end()
  }
  return createManifest(hashed)
}

async function hashFile(
  { file, path, stats }: ModelFile,
  advance: (bytes: number) => void,
): Promise<ManifestFile> {
  const hash = createHash('sha256')
  let size = 0n
  const handle = await open(file, 'r').catch((cause: unknown) => {
    const { code = String(cause) } = cause as NodeJS.ErrnoException
    throw new InputError(file, `cannot be read (${code})`, { cause })
  })
  try {
    // Whatever took its place since it was looked at is another file.
    if (!isSame(await handle.stat({ bigint: true }), stats)) throw changed(file)
    const pieces = createReadStream('', { fd: handle, highWaterMark: pieceBytes, autoClose: false })
    for await (const piece of pieces) {
      const bytes = piece as Uint8Array
      hash.update(bytes)
      size += BigInt(bytes.length)
      advance(bytes.length)
    }
    if (!isSame(await handle.stat({ bigint: true }), stats) || size !== stats.size)
      throw changed(file)
  } finally {
    await handle.close()
  }
  return { path, size: String(size), sha256: hash.digest('hex') }
}

const isSame = (a: BigIntStats, b: BigIntStats) =>
  a.dev === b.dev && a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs

const changed = (file: string) => new InputError(file, 'was changed while it was read')

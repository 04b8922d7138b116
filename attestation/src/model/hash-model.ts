import {
  createManifest,
  type Manifest,
  type ManifestFile,
  manifestDigestOf,
} from '@assay/sdk/formats'
import type { Hex } from 'viem'
import { findModelFiles, type FindOptions, type ModelFile } from './files/find-model-files.ts'
import type { HashCache } from './hashing/hash-cache.ts'
import { hashInParallel, type HashThreads } from './hashing/hash-in-parallel.ts'
import { signingRootOf, type SignedPathsOptions } from './signing-root.ts'

/** How far hashing has come: files and bytes, of all. */
export type ModelProgress = { files: number; bytes: number; allFiles: number; allBytes: number }

export type HashModelOptions = FindOptions & {
  /** Digests of earlier runs. Default: none. */
  cache?: HashCache
  /** How many threads at most. Default: as many as there are cores. */
  threads?: number
  /** What the signing root leaves out. Default: `model.sig`, and what belongs to git. */
  signed?: SignedPathsOptions
  /** Called some ten times a second. */
  onProgress?: (progress: ModelProgress) => void
}

/** A model, as its files say. */
export type HashedModel = {
  manifest: Manifest
  manifestDigest: Hex
  /** Root digest of the OpenSSF's model signing; undefined where all files are left out of it. */
  signingRoot: Hex | undefined
  /** The files, in no order that means anything. */
  files: ModelFile[]
  /** Paths of links to directories, which were left out. */
  linkedDirectories: string[]
  /** Files whose digests were known. */
  known: number
}

/**
 * Hashes the files of a model: all below one directory, or those that are named. Nothing is held of a file but a piece.
 *
 * @example
 * const { manifestDigest, signingRoot } = await hashModel(['weights'])
 *
 * @throws ModelFilesError for what can't be hashed, and for a file that changes meanwhile; InvalidInputError if there is none, or
 * one is named twice.
 */
export async function hashModel(
  paths: readonly string[],
  { cache, threads, signed, onProgress, ...find }: HashModelOptions = {},
): Promise<HashedModel> {
  const seenAt = Date.now()
  const { files, linkedDirectories } = await findModelFiles(paths, find)
  const digests = files.map(({ file, stats }) => cache?.find(file, stats))
  const unknown = [...files.keys()].filter((i) => digests[i] === undefined)
  const tasks = unknown.map((i) => {
    const { file, stats } = files[i]!
    return { file, stats, allowLinks: find.allowLinks ?? false }
  })
  const told = onProgress && progressOf(files, unknown, onProgress)
  const hashed = await hashInParallel(tasks, {
    ...(threads !== undefined && { threads }),
    ...(told && { onProgress: told }),
  })
  for (const [at, i] of unknown.entries()) {
    const sha256 = Buffer.from(hashed[at]!).toString('hex')
    digests[i] = sha256
    cache?.keep(files[i]!.file, files[i]!.stats, sha256, seenAt)
  }
  const manifest = createManifest(
    files.map(({ path, stats }, i): ManifestFile => ({
      path,
      size: String(stats.size),
      sha256: digests[i]!,
    })),
  )
  return {
    manifest,
    manifestDigest: manifestDigestOf(manifest),
    signingRoot: signingRootOf(manifest.files, signed),
    files,
    linkedDirectories,
    known: files.length - unknown.length,
  }
}

function progressOf(
  files: readonly ModelFile[],
  unknown: readonly number[],
  onProgress: (progress: ModelProgress) => void,
): HashThreads['onProgress'] {
  const sizeOf = (some: readonly ModelFile[]) =>
    Number(some.reduce((sum, { stats }) => sum + stats.size, 0n))
  const allBytes = sizeOf(unknown.map((i) => files[i]!))
  const known = files.length - unknown.length
  return (done) =>
    onProgress({
      files: known + done.files,
      bytes: Number(done.bytes),
      allFiles: files.length,
      allBytes,
    })
}

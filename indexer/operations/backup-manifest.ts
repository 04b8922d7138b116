import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, type FileDigest, writeWhole } from './backup-files.ts'
import { InvalidBackupError } from './errors.ts'
import type { VersionChain } from './versions.ts'

/** A backup's own files: the database by pg_dump, a line for each batch (`<digest> <bytes>`), and the manifest. */
export const databaseFile = 'database.dump'
export const batchListFile = 'batches.txt'
export const manifestFile = 'manifest.json'
/** In which the batch data is, each file named after its digest. */
export const batchFolder = 'batches'

const format = 'assay/indexer-backup/v1'
/** No manifest is longer. */
const maxManifestBytes = 1_048_576
/** A line of the list is 66 bytes and a number: enough for some twelve million batches. */
const maxListBytes = 1_073_741_824

/** What a backup says of itself. It is written last: a backup without it was broken off. */
export type BackupManifest = {
  format: typeof format
  /** When it was begun, in Unix ms. */
  createdAt: number
  schema: string
  buildId: string
  /** Of the server whose database it is, and of the program that wrote it. */
  postgres: { server: number; dump: string }
  /** How far the version was. */
  chains: VersionChain[]
  database: FileDigest
  batchList: FileDigest
  batches: { count: number; bytes: number }
}

/** Writes the manifest. @returns The digest of it, by which a backup can be known again. */
export async function writeManifest(
  directory: string,
  manifest: Omit<BackupManifest, 'format'>,
): Promise<string> {
  const path = join(directory, manifestFile)
  await writeWhole(path, `${JSON.stringify({ format, ...manifest }, null, 2)}\n`)
  return (await digestOf(path)).sha256
}

/**
 * Reads the manifest and holds the database and the list of batches against it.
 *
 * @param digest - Which the manifest must have. Default: any.
 * @throws InvalidBackupError
 */
export async function readManifest(directory: string, digest?: string): Promise<BackupManifest> {
  const path = join(directory, manifestFile)
  const refuse = (problem: string, cause?: unknown): never => {
    throw new InvalidBackupError(directory, problem, cause)
  }
  const found = await stat(path).catch((error: unknown) =>
    refuse(`it has no ${manifestFile}, so that it was broken off`, error),
  )
  if (found.size > maxManifestBytes) refuse(`its ${manifestFile} is too long`)
  if (digest && (await digestOf(path)).sha256 !== digest.toLowerCase()) {
    refuse(`its ${manifestFile} has another digest than the one that was given`)
  }
  let manifest: unknown
  try {
    manifest = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    refuse(`its ${manifestFile} is no JSON`, error)
  }
  if (!isManifest(manifest)) return refuse(`its ${manifestFile} has not the form of ${format}`)
  for (const [name, expected] of [
    [databaseFile, manifest.database],
    [batchListFile, manifest.batchList],
  ] as const) {
    const actual = await digestOf(join(directory, name)).catch((error: unknown) =>
      refuse(`${name} can't be read`, error),
    )
    if (actual.bytes !== expected.bytes) {
      refuse(`${name} has ${actual.bytes} bytes instead of ${expected.bytes}`)
    }
    if (actual.sha256 !== expected.sha256) refuse(`${name} was altered`)
  }
  return manifest
}

/** The digests in the list of batches, which was held against the manifest before. @throws InvalidBackupError */
export async function readBatchList(directory: string): Promise<Map<string, number>> {
  const path = join(directory, batchListFile)
  if ((await stat(path)).size > maxListBytes) {
    throw new InvalidBackupError(directory, `its ${batchListFile} is too long`)
  }
  const batches = new Map<string, number>()
  for (const line of (await readFile(path, 'utf8')).split('\n')) {
    if (!line) continue
    const [, name, bytes] = /^([0-9a-f]{64}) (\d{1,15})$/.exec(line) ?? []
    if (!name) throw new InvalidBackupError(directory, `its ${batchListFile} has not its form`)
    batches.set(name, Number(bytes))
  }
  return batches
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const isText = (value: unknown) => typeof value === 'string' && value.length <= 200
const isWhole = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0
const isDigest = (value: unknown) =>
  isObject(value) && isWhole(value.bytes) && /^[0-9a-f]{64}$/.test(String(value.sha256))

function isManifest(value: unknown): value is BackupManifest {
  if (!isObject(value) || value.format !== format) return false
  const { postgres, chains, batches } = value
  return [
    ...[isWhole(value.createdAt), isText(value.schema), isText(value.buildId)],
    isObject(postgres) && isWhole(postgres.server) && isText(postgres.dump),
    Array.isArray(chains) && chains.every(isChain),
    ...[isDigest(value.database), isDigest(value.batchList)],
    isObject(batches) && isWhole(batches.count) && isWhole(batches.bytes),
  ].every(Boolean)
}

const isChain = (value: unknown) =>
  isObject(value) &&
  isWhole(value.chainId) &&
  isText(value.name) &&
  [value.block, value.timestamp].every((it) => typeof it === 'string' && /^\d{1,20}$/.test(it))

import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'

/** A file of a backup: how long it is, and its SHA-256 in 64 hex digits. */
export type FileDigest = { bytes: number; sha256: string }

/** Reads a file to its end. */
export async function digestOf(path: string): Promise<FileDigest> {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { bytes, sha256: hash.digest('hex') }
}

/**
 * Copies a file that is named after its digest. What is there under the name afterwards has it; of a copy that has another nothing stays.
 *
 * @returns Its length; undefined: the file has another digest than its name says.
 */
export async function copyNamed(
  from: string,
  to: string,
  name: string,
): Promise<number | undefined> {
  const target = join(to, name)
  const there = await digestOf(target).catch(() => undefined)
  if (there?.sha256 === name) return there.bytes
  await mkdir(to, { recursive: true, mode: 0o755 })
  const hash = createHash('sha256')
  let bytes = 0
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  // As the batch store names what is being written, so that it clears away what is left of it.
  const draft = `${target}.${crypto.randomUUID()}.draft`
  try {
    await pipeline(
      createReadStream(join(from, name)),
      counted,
      createWriteStream(draft, { flags: 'wx' }),
    )
    if (hash.digest('hex') !== name) return undefined
    await flush(draft)
    await rename(draft, target)
    return bytes
  } finally {
    await rm(draft, { force: true })
  }
}

/** Names of the batch data in a directory, in order. Drafts, and what is no digest, are not batch data. */
export async function batchNames(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  return names.filter((name) => /^[0-9a-f]{64}$/.test(name)).sort()
}

/** Writes a text so that it is there whole or not at all, also after a loss of power. */
export async function writeWhole(path: string, text: string): Promise<void> {
  const draft = `${path}.draft`
  const file = await open(draft, 'w')
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
  await flush(dirname(path))
}

/** Waits until a file, or the names in a directory, outlive a loss of power. */
export async function flush(path: string): Promise<void> {
  const file = await open(path, 'r')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Whether a directory holds nothing, or is not there. */
export async function isEmpty(directory: string): Promise<boolean> {
  const found = await stat(directory).catch(() => undefined)
  return !found || (found.isDirectory() && (await readdir(directory)).length === 0)
}

import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import type { Hex } from 'viem'
import { builtin } from '../crypto/node.ts'
import { sha256 } from '../crypto/sha256.ts'
import { ContentStoreError } from '../errors/content.ts'
import { bytesToHex } from '../formats/bytes.ts'
import type { ContentStore, NewContent, StoredContent } from './content-store.ts'
import { besideJournals } from './default-content-store.ts'

export type FileContentStoreOptions = {
  /** Where the contents are kept. Default: `content` beside the journals. */
  directory?: string | undefined
  /** Bytes kept at most, about: the oldest contents are removed beyond. Default: 1 GiB. */
  maxTotalBytes?: number | undefined
}

type Files = { fs: typeof NodeFs; path: typeof NodePath; directory: string }

/**
 * A content store on disk: `<directory>/<first two digits>/<SHA-256>`, readable by the user alone (0600). A masked copy stands
 * under its own digest with the ending `.masked`; a file with the real digest and the ending `.masked-copy` holds the copy's
 * digest, so that one is never taken for the other. Several processes may share a directory.
 */
export function fileContentStore(options: FileContentStoreOptions = {}): ContentStore {
  const { maxTotalBytes = 2 ** 30 } = options
  const directory = options.directory ?? besideJournals()
  // The first content measures what earlier processes left.
  /** Bytes written since the directory was last measured; others write to it too. */
  let unmeasured = Infinity

  function open(): Files {
    const fs = builtin('node:fs') as typeof NodeFs | undefined
    const path = builtin('node:path') as typeof NodePath | undefined
    if (!fs || !path) throw new ContentStoreError(directory, 'needs a file system')
    return { fs, path, directory }
  }

  async function write({ bytes, digest, insteadOf }: NewContent): Promise<{ evicted: number }> {
    const files = open()
    const written = await writeOnce(files, digest, insteadOf ? '.masked' : '', bytes)
    if (insteadOf)
      await writeOnce(files, insteadOf, '.masked-copy', new TextEncoder().encode(digest))
    unmeasured += written
    if (unmeasured < maxTotalBytes / 10) return { evicted: 0 }
    unmeasured = 0
    return { evicted: await evict(files, maxTotalBytes) }
  }

  return {
    put: (content) => write(content).catch(explain(directory, 'cannot be written')),
    get: (digest) => read(open(), digest).catch(explain(directory, 'cannot be read')),
  }
}

function explain(directory: string, problem: string) {
  return (cause: unknown): never => {
    throw cause instanceof ContentStoreError
      ? cause
      : new ContentStoreError(directory, problem, { cause })
  }
}

function placeOf({ path, directory }: Files, digest: Hex, ending: string): string {
  const hex = digest.slice(2).toLowerCase()
  return path.join(directory, hex.slice(0, 2), hex + ending)
}

/** Written beside and renamed, so that no reader and no power cut meets half a file. @returns Bytes written. */
async function writeOnce(
  files: Files,
  digest: Hex,
  ending: string,
  bytes: Uint8Array,
): Promise<number> {
  const { fs, path } = files
  const place = placeOf(files, digest, ending)
  if (fs.existsSync(place)) return 0
  await fs.promises.mkdir(path.dirname(place), { recursive: true, mode: 0o700 })
  const draft = `${place}.${process.pid}.${Math.random().toString(36).slice(2)}.draft`
  try {
    const file = await fs.promises.open(draft, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.datasync()
    } finally {
      await file.close()
    }
    await fs.promises.rename(draft, place)
  } catch (error) {
    await fs.promises.rm(draft, { force: true })
    throw error
  }
  return bytes.length
}

async function read(files: Files, digest: Hex): Promise<StoredContent | undefined> {
  const plain = await readFile(files, digest, '')
  if (plain) return checked(files, digest, plain, false)
  const note = await readFile(files, digest, '.masked-copy')
  const copyDigest = (note ? new TextDecoder().decode(note) : digest) as Hex
  const copy = await readFile(files, copyDigest, '.masked')
  return copy && checked(files, copyDigest, copy, true)
}

async function readFile(
  files: Files,
  digest: Hex,
  ending: string,
): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await files.fs.promises.readFile(placeOf(files, digest, ending)))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function checked(files: Files, digest: Hex, bytes: Uint8Array, masked: boolean): StoredContent {
  if (bytesToHex(sha256(bytes)) !== digest.toLowerCase()) {
    throw new ContentStoreError(files.directory, `holds other bytes under ${digest}`)
  }
  return { bytes, digest: digest.toLowerCase() as Hex, masked }
}

/** Removes the oldest files until nine tenths of what may be kept are left. @returns How many were removed. */
async function evict({ fs, path, directory }: Files, maxTotalBytes: number): Promise<number> {
  const found: { file: string; size: number; age: number }[] = []
  let total = 0
  for (const folder of await fs.promises.readdir(directory)) {
    const names = await fs.promises.readdir(path.join(directory, folder)).catch(() => [])
    for (const name of names) {
      const file = path.join(directory, folder, name)
      // Another process may have removed it just now.
      const stat = await fs.promises.stat(file).catch(() => undefined)
      if (!stat) continue
      total += stat.size
      found.push({ file, size: stat.size, age: stat.mtimeMs })
    }
  }
  if (total <= maxTotalBytes) return 0
  found.sort((a, b) => a.age - b.age)
  let evicted = 0
  for (const { file, size } of found) {
    if (total <= maxTotalBytes * 0.9) break
    await fs.promises.rm(file, { force: true })
    total -= size
    evicted++
  }
  return evicted
}

import { mkdir, open, readdir, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'

/** Data that was put and that no settlement names for good, as a file without content whose name says it all. */
export type Upload = {
  /** Digest of the data, 64 hex digits. */
  digest: string
  bytes: number
  /** Whose token put it. */
  name: string
}

/** What is put and not settled, kept in a directory: several processes share it, and what is killed leaves nothing half said. */
export type Ledger = {
  /** All uploads. */
  list(): Promise<Upload[]>
  /** The upload of a digest. */
  find(digest: string): Promise<Upload | undefined>
  add(upload: Upload): Promise<void>
  remove(upload: Upload): Promise<void>
  /** When it was put, or last put again or named by a settlement, in Unix milliseconds; undefined: it is not there. */
  touchedAt(upload: Upload): Promise<number | undefined>
  touch(upload: Upload): Promise<void>
}

/** What an upload counts as, however little it is, so that there are never too many to look at. */
const leastBytes = 65_536

export const countedBytes = ({ bytes }: Upload): number => Math.max(bytes, leastBytes)

/** @param directory - Made when something is put first. */
export function uploadLedger(directory: string): Ledger {
  const placeOf = ({ digest, bytes, name }: Upload) => join(directory, `${digest}-${bytes}-${name}`)
  const list = async () => {
    const names = await readdir(directory).catch(ifMissing([]))
    return names.flatMap((name) => readName(name) ?? [])
  }
  return {
    list,
    async find(digest) {
      return (await list()).find((it) => it.digest === digest)
    },
    async add(upload) {
      await mkdir(directory, { recursive: true })
      await (await open(placeOf(upload), 'a')).close()
      // The data is written after it, and must not outlive it where power fails.
      const folder = await open(directory)
      await folder.sync().finally(() => folder.close())
    },
    remove: (upload) => rm(placeOf(upload), { force: true }),
    async touchedAt(upload) {
      return (await stat(placeOf(upload)).catch(ifMissing(undefined)))?.mtimeMs
    },
    async touch(upload) {
      const now = new Date()
      await utimes(placeOf(upload), now, now).catch(ifMissing(undefined))
    },
  }
}

function readName(name: string): Upload | undefined {
  const [, digest, bytes, who] = /^([0-9a-f]{64})-([0-9]{1,15})-([0-9a-z_]{1,64})$/.exec(name) ?? []
  return digest && who ? { digest, bytes: Number(bytes), name: who } : undefined
}

/** A file that is not there, as a value. */
export function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return value
    throw error
  }
}

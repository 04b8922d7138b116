import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import type { Storage } from './storage.ts'

/** What of Node's built-ins the journal needs. */
export type FileSystem = { fs: typeof NodeFs; path: typeof NodePath }

/** Numbers of the segments in a folder, in order; none if it is no folder. */
export function segmentsIn({ fs }: FileSystem, folder: string): number[] {
  if (!fs.statSync(folder).isDirectory()) return []
  return fs
    .readdirSync(folder)
    .filter((name) => /^[0-9]{8}\.journal$/.test(name))
    .map((name) => Number.parseInt(name, 10))
    .sort((a, b) => a - b)
}

/** Segments as files of a folder, readable by the user alone: they hold the openings and the seed of the salts. */
export function fileStorage(system: FileSystem, folder: string): Storage {
  const { fs, path } = system
  const fileOf = (segment: number) =>
    path.join(folder, `${String(segment).padStart(8, '0')}.journal`)
  let open: { segment: number; file: number } | undefined

  function close(): void {
    if (open) fs.closeSync(open.file)
    open = undefined
  }

  async function openToWrite(segment: number, flags: string): Promise<number> {
    const file = await promised<number>((done) => fs.open(fileOf(segment), flags, 0o600, done))
    close()
    open = { segment, file }
    return file
  }

  const writable = (segment: number) =>
    open?.segment === segment ? open.file : openToWrite(segment, 'r+')

  return {
    segments: () => segmentsIn(system, folder),
    load: (segment) => fs.readFileSync(fileOf(segment)),
    async create(segment) {
      await openToWrite(segment, 'w+')
      await syncFolder(fs, folder)
    },
    async write(segment, position, bytes) {
      const file = await writable(segment)
      for (let done = 0; done < bytes.length;) {
        const from = done
        done += await promised<number>((told) =>
          fs.write(file, bytes, from, bytes.length - from, position + from, told),
        )
      }
    },
    async sync(segment) {
      const file = await writable(segment)
      await promised((done) => fs.fdatasync(file, done))
    },
    async read(segment, position, length) {
      const file = await promised<number>((done) => fs.open(fileOf(segment), 'r', done))
      try {
        const bytes = new Uint8Array(length)
        let filled = 0
        while (filled < length) {
          const read = await promised<number>((told) =>
            fs.read(file, bytes, filled, length - filled, position + filled, told),
          )
          if (read === 0) break
          filled += read
        }
        return bytes.subarray(0, filled)
      } finally {
        await promised((done) => fs.close(file, done))
      }
    },
    remove: (segment) => promised((done) => fs.rm(fileOf(segment), { force: true }, done)),
    close,
  }
}

/** A new file's name outlives the machine's power only once its folder is written too (fsync(2)). */
async function syncFolder(fs: typeof NodeFs, folder: string): Promise<void> {
  const opened = await promised<number>((done) => fs.open(folder, 'r', done)).catch(() => undefined)
  // Windows opens no folders; its file system keeps names by itself.
  if (opened === undefined) return
  try {
    await promised((done) => fs.fsync(opened, done))
  } finally {
    fs.closeSync(opened)
  }
}

function promised<T = void>(
  start: (done: (error: Error | null, value?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error)
      else resolve(value as T)
    })
  })
}

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

/** Something that changes whenever a journal is written: number and length of its newest segment. */
export function sizeOf(system: FileSystem, folder: string): number {
  const newest = segmentsIn(system, folder).at(-1)
  if (newest === undefined) return 0
  return newest * 2 ** 32 + system.fs.statSync(fileOf(system, folder, newest)).size
}

function fileOf({ path }: FileSystem, folder: string, segment: number): string {
  return path.join(folder, `${String(segment).padStart(8, '0')}.journal`)
}

/** Segments as files of a folder, readable by the user alone: they hold the openings and the seed of the salts. */
export function fileStorage(system: FileSystem, folder: string): Storage {
  const { fs } = system
  const file = (segment: number) => fileOf(system, folder, segment)
  let open: { segment: number; descriptor: number } | undefined
  /** Folders with names that may not outlive the machine's power yet; who made this one may have died over it. */
  const unsynced = new Set([folder, system.path.dirname(folder)])

  function close(): void {
    const descriptor = open?.descriptor
    // Also where closing fails: its number may be another file's by then.
    open = undefined
    if (descriptor !== undefined) fs.closeSync(descriptor)
  }

  async function openToWrite(segment: number, flags: string): Promise<number> {
    const descriptor = await promised<number>((done) => fs.open(file(segment), flags, 0o600, done))
    close()
    open = { segment, descriptor }
    return descriptor
  }

  const writable = (segment: number) =>
    open?.segment === segment ? open.descriptor : openToWrite(segment, 'r+')

  return {
    segments: () => segmentsIn(system, folder),
    begin(bytes) {
      const descriptor = fs.openSync(file(0), 'wx+', 0o600)
      open = { segment: 0, descriptor }
      // A disk that is all but full takes a part.
      for (let done = 0; done < bytes.length;) done += fs.writeSync(descriptor, bytes, done)
      fs.fsyncSync(descriptor)
    },
    load: (segment) => fs.readFileSync(file(segment)),
    async create(segment) {
      await openToWrite(segment, 'w+')
      unsynced.add(folder)
    },
    async write(segment, position, bytes) {
      const descriptor = await writable(segment)
      for (let done = 0; done < bytes.length;) {
        const from = done
        done += await promised<number>((told) =>
          fs.write(descriptor, bytes, from, bytes.length - from, position + from, told),
        )
      }
    },
    async sync(segment) {
      const descriptor = await writable(segment)
      await promised((done) => fs.fdatasync(descriptor, done))
      for (const named of unsynced) await syncFolder(fs, named)
      unsynced.clear()
    },
    async read(segment, position, length) {
      const descriptor = await promised<number>((done) => fs.open(file(segment), 'r', done))
      try {
        const bytes = new Uint8Array(length)
        let filled = 0
        while (filled < length) {
          const read = await promised<number>((told) =>
            fs.read(descriptor, bytes, filled, length - filled, position + filled, told),
          )
          if (read === 0) break
          filled += read
        }
        return bytes.subarray(0, filled)
      } finally {
        await promised((done) => fs.close(descriptor, done))
      }
    },
    remove: (segment) => promised((done) => fs.rm(file(segment), { force: true }, done)),
    close,
  }
}

/** A new file's name outlives the machine's power only once its folder is written too (fsync(2)). */
async function syncFolder(fs: typeof NodeFs, folder: string): Promise<void> {
  // Windows opens no folders; its file system keeps names by itself.
  if (process.platform === 'win32') return
  const opened = await promised<number>((done) => fs.open(folder, 'r', done))
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

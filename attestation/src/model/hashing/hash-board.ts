import type { FileStats } from '../files/file-stats.ts'

/** A file to be hashed. */
export type HashTask = { file: string; stats: FileStats; allowLinks: boolean }

/** What threads that hash share: which task is next, how far they are, and what came out. */
export type HashBoard = {
  /** Number of the next task; whether to stop; files that are done. */
  control: Int32Array<SharedArrayBuffer>
  /** Bytes that are done. */
  bytes: BigInt64Array<SharedArrayBuffer>
  /** 32 bytes a task. */
  digests: Uint8Array<SharedArrayBuffer>
}

/** Places in `control`. */
export const nextTask = 0
export const stopped = 1
export const filesDone = 2

export const digestBytes = 32

/** A board on which nothing is done. */
export function createHashBoard(tasks: number): HashBoard {
  return {
    control: new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT)),
    bytes: new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT)),
    digests: new Uint8Array(new SharedArrayBuffer(tasks * digestBytes)),
  }
}

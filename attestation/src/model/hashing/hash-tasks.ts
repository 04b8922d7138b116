import { createHash } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { fileStatsOf, isSameFile } from '../files/file-stats.ts'
import {
  digestBytes,
  filesDone,
  type HashBoard,
  type HashTask,
  nextTask,
  stopped,
} from './hash-board.ts'

/** Why a task failed: the file changed, or the system's code. */
export type HashFailure = { task: number; problem: 'changed' | (string & {}) }

/** Read at once, in bytes: fits into the caches of a core, and larger pieces gain nothing more. */
const pieceBytes = 2 ** 18

/**
 * Hashes one task after the other, as the board gives them out, until there is none, or another thread failed. Files are read
 * piece by piece, however large, and without callbacks: a thread has nothing else to do.
 */
export function hashTasks(
  tasks: readonly HashTask[],
  { control, bytes, digests }: HashBoard,
): HashFailure | undefined {
  const piece = new Uint8Array(pieceBytes)
  for (;;) {
    const next = Atomics.add(control, nextTask, 1)
    const task = tasks[next]
    if (!task || Atomics.load(control, stopped)) return undefined
    try {
      const isStopped = () => Atomics.load(control, stopped) === 1
      const advance = (more: number) => void Atomics.add(bytes, 0, BigInt(more))
      const digest = hashFile(task, piece, advance, isStopped)
      if (digest === 'stopped') return undefined
      if (digest === 'changed') return fail(next, 'changed', control)
      digests.set(digest, next * digestBytes)
      Atomics.add(control, filesDone, 1)
    } catch (error) {
      return fail(next, (error as NodeJS.ErrnoException).code ?? String(error), control)
    }
  }
}

function fail(task: number, problem: string, control: Int32Array): HashFailure {
  Atomics.store(control, stopped, 1)
  return { task, problem }
}

function hashFile(
  { file, stats, allowLinks }: HashTask,
  piece: Uint8Array,
  advance: (bytes: number) => void,
  isStopped: () => boolean,
): Uint8Array | 'changed' | 'stopped' {
  // What took the file's place since it was looked at may be a link, or a pipe that would be waited for.
  // Where a system lacks one of these, it is undefined, and counts as 0.
  const { O_RDONLY, O_NONBLOCK, O_NOFOLLOW } = constants
  const descriptor = openSync(file, O_RDONLY | O_NONBLOCK | (allowLinks ? 0 : O_NOFOLLOW))
  try {
    const isStill = () => isSameFile(fileStatsOf(fstatSync(descriptor, { bigint: true })), stats)
    if (!isStill()) return 'changed'
    const hash = createHash('sha256')
    let left = stats.size
    for (;;) {
      const read = readSync(descriptor, piece, 0, piece.length, null)
      if (read === 0) break
      left -= BigInt(read)
      if (left < 0n) return 'changed'
      hash.update(read === piece.length ? piece : piece.subarray(0, read))
      advance(read)
      if (isStopped()) return 'stopped'
    }
    return left === 0n && isStill() ? hash.digest() : 'changed'
  } finally {
    closeSync(descriptor)
  }
}

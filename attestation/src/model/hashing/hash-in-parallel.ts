import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { ModelFilesError } from '../errors.ts'
import { unreadable } from '../files/look-at.ts'
import {
  createHashBoard,
  digestBytes,
  filesDone,
  type HashBoard,
  type HashTask,
} from './hash-board.ts'
import { type HashFailure, hashTasks } from './hash-tasks.ts'

/** How far hashing has come. */
export type HashProgress = { files: number; bytes: bigint }

export type HashThreads = {
  /** How many threads at most. Default: as many as there are cores. */
  threads?: number
  /** Called some ten times a second. */
  onProgress?: (progress: HashProgress) => void
}

/** Below these, threads take longer to start than the files to hash. */
const fewBytes = 16n * 2n ** 20n
const fewFiles = 500
const maxThreads = 16
/** In ms. */
const progressInterval = 100

/**
 * SHA-256 of each file, in the order of the tasks, on all cores: a file is one core's, the largest are begun first.
 *
 * @throws ModelFilesError for a file that changes meanwhile or can't be read.
 */
export async function hashInParallel(
  tasks: readonly HashTask[],
  { threads = availableParallelism(), onProgress }: HashThreads = {},
): Promise<Uint8Array[]> {
  const bySize = tasks.map((task, place) => ({ task, place }))
  bySize.sort((a, b) => Number(b.task.stats.size - a.task.stats.size))
  const sorted = bySize.map(({ task }) => task)
  const board = createHashBoard(tasks.length)
  const total = tasks.reduce((sum, { stats }) => sum + stats.size, 0n)
  const failure =
    total < fewBytes && tasks.length < fewFiles
      ? hashTasks(sorted, board)
      : await inThreads(sorted, board, Math.min(threads, maxThreads, tasks.length), onProgress)
  if (failure) throw errorOf(failure, sorted)
  const digests: Uint8Array[] = []
  for (const [i, { place }] of bySize.entries()) {
    digests[place] = board.digests.slice(i * digestBytes, (i + 1) * digestBytes)
  }
  return digests
}

async function inThreads(
  tasks: readonly HashTask[],
  board: HashBoard,
  threads: number,
  onProgress: HashThreads['onProgress'],
): Promise<HashFailure | undefined> {
  const workers: Worker[] = []
  const tell = () =>
    onProgress?.({
      files: Atomics.load(board.control, filesDone),
      bytes: Atomics.load(board.bytes, 0),
    })
  const telling = onProgress && setInterval(tell, progressInterval)
  try {
    const failures = await Promise.all(
      Array.from({ length: threads }, () => {
        // No options of the process: they are the program's.
        const worker = new Worker(workerUrl, { workerData: { tasks, board }, execArgv: [] })
        workers.push(worker)
        return failureOf(worker)
      }),
    )
    tell()
    return failures.find((failure) => failure !== undefined)
  } finally {
    clearInterval(telling)
    await Promise.all(workers.map((worker) => worker.terminate()))
  }
}

/** Sources run as they are, and what is built of them as JavaScript. */
const workerUrl = new URL(
  import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js',
  import.meta.url,
)

function failureOf(worker: Worker): Promise<HashFailure | undefined> {
  return new Promise((resolve, reject) => {
    let failure: HashFailure | undefined
    worker.once('message', (said: HashFailure) => (failure = said))
    worker.once('error', reject)
    worker.once('exit', () => resolve(failure))
  })
}

function errorOf({ task, problem }: HashFailure, tasks: readonly HashTask[]): ModelFilesError {
  const { file } = tasks[task]!
  // What was no link a moment ago is one now.
  if (problem === 'changed' || problem === 'ELOOP') {
    return new ModelFilesError('changed', file, 'was changed while it was read', {
      metaMessages: ['A digest of what was never there together would mean nothing: try again.'],
    })
  }
  return unreadable(file, { code: problem })
}

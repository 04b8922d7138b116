/**
 * Four that record at the same time, processes (`cluster`) or threads of one (`threads`), each killed at a random moment. Prints
 * each inference once it is acknowledged. ASSAY_* configure it.
 */
import cluster from 'node:cluster'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { createRecorder } from '@assay/sdk'

const size = 4
const kind = process.argv[2]

/** Once all of them record, ends each at a moment of its own. */
async function killAll(begun: Promise<unknown>[], kill: (index: number) => unknown): Promise<void> {
  await Promise.all(begun)
  await Promise.all(
    begun.map(async (_, i) => {
      await wait(Math.random() * 1_000)
      await kill(i)
    }),
  )
}

if (kind === 'cluster' && cluster.isPrimary) {
  const workers = Array.from({ length: size }, () => cluster.fork())
  await killAll(
    workers.map((worker) => once(worker, 'message')),
    (i) => workers[i]?.process.kill('SIGKILL'),
  )
} else if (kind === 'threads' && isMainThread) {
  const script = new URL(import.meta.url)
  const threads = Array.from({ length: size }, () => new Worker(script, { argv: ['threads'] }))
  await killAll(
    threads.map((thread) => once(thread, 'message')),
    (i) => threads[i]?.terminate(),
  )
} else {
  const recorder = createRecorder({ scheduledDelayMillis: 100 })
  for (let round = 0; ; round++) {
    const request = `${process.pid} ${round}`
    const recorded = await Promise.all(
      Array.from({ length: 10 }, () => recorder.record({ request, response: 'a' })),
    )
    for (const inference of recorded) console.log(inference?.inferenceId)
    if (round === 0) parentPort?.postMessage('begun')
    if (round === 0) process.send?.('begun')
    await wait(5)
  }
}

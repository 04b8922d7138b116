/**
 * A thread in which batches are loaded, so that neither hashing a giant nor a host that is slow, or hostile, holds up the events of the chain.
 */
import { fileStore } from '@assay/sdk/stores'
import { parentPort, workerData } from 'node:worker_threads'
import { loadBatch } from './load-batch.ts'
import type { LoadAnswer, LoadRequest, LoadSettings } from './load-thread.ts'

const { directory, ...settings } = workerData as LoadSettings
const store = fileStore({ directory })

parentPort!.on('message', ({ id, batch, timeoutMillis }: LoadRequest) => {
  loadBatch(batch, store, { ...settings, timeoutMillis }).then(
    (outcome) => parentPort!.postMessage({ id, outcome } satisfies LoadAnswer),
    // What nobody foresaw is told as what can pass: the thread and its other loads go on.
    () => {
      const outcome = { state: 'unavailable', problem: 'unreachable' } as const
      parentPort!.postMessage({ id, outcome } satisfies LoadAnswer)
    },
  )
})

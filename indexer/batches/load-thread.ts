import { Worker } from 'node:worker_threads'
import type { BatchOutcome, WantedBatch } from './wanted-batch.ts'

/** What may be asked for batch data, and where it is kept. */
export type LoadSettings = {
  /** Where the data is kept, each under its digest. */
  directory: string
  schemes: readonly ('https' | 'http')[]
  addresses: 'public' | 'any'
  ipfsGateway?: string | undefined
  maxBytes: number
}

export type LoadRequest = { id: number; batch: WantedBatch; timeoutMillis: number }
export type LoadAnswer = { id: number; outcome: BatchOutcome }

/** Heap of the thread, in MB; data itself lies outside of it, as many times `maxBytes` as batches are loaded at once. */
const maxHeapMb = 512

/** Loads batches in a thread of its own, which is started when it is first needed, and anew when it failed. */
export function createLoadThread(settings: LoadSettings) {
  let worker: Worker | undefined
  let last = 0
  const waiting = new Map<number, (outcome: BatchOutcome) => void>()

  function start(): Worker {
    const thread = new Worker(new URL('load-worker.ts', import.meta.url), {
      workerData: settings,
      execArgv: [],
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMb },
    })
    thread.unref()
    thread.on('message', ({ id, outcome }: LoadAnswer) => {
      waiting.get(id)?.(outcome)
      waiting.delete(id)
    })
    const failed = () => {
      if (worker !== thread) return
      worker = undefined
      for (const answer of waiting.values())
        answer({ state: 'unavailable', problem: 'unreachable' })
      waiting.clear()
    }
    thread.on('error', failed)
    thread.on('exit', failed)
    return thread
  }

  return {
    /** @param timeoutMillis - How long it may be on its way. */
    load(batch: WantedBatch, timeoutMillis: number): Promise<BatchOutcome> {
      return new Promise((resolve) => {
        const id = ++last
        waiting.set(id, resolve)
        worker ??= start()
        worker.postMessage({ id, batch, timeoutMillis } satisfies LoadRequest)
      })
    },
    async stop(): Promise<void> {
      const thread = worker
      worker = undefined
      await thread?.terminate()
    },
  }
}

/**
 * A program that records until it is killed. Its settings come as JSON in the first argument. It writes a line for each inference
 * that was acknowledged: the number of the request, the inference id and its sequence number.
 */
import { writeSync } from 'node:fs'
import { createRecorder, fileJournal, type RecorderOptions } from '@assay/sdk'

export type ProcessSettings = Pick<
  RecorderOptions,
  'chainId' | 'rpcUrl' | 'inferenceLog' | 'owner' | 'sessionKey'
> & { directory: string; from: number; segmentBytes: number }

const { directory, from, segmentBytes, ...options } = JSON.parse(
  process.argv[2] as string,
) as ProcessSettings

const recorder = createRecorder({
  ...options,
  journal: fileJournal({ directory, segmentBytes }),
  scheduledDelayMillis: 30,
  maxExportBatchSize: 40,
  onError: () => undefined,
  fetch: (_, init) => Promise.resolve(Response.json({ echo: init?.body })),
})

let next = from
async function work(): Promise<void> {
  for (;;) {
    const n = next++
    // Calls by fetch take turns with records; only the latter are acknowledged.
    if (n % 4 === 0) {
      const answer = await recorder.fetch('http://127.0.0.1/v1/chat/completions', {
        method: 'POST',
        body: `request ${n}`,
      })
      await answer.text()
      await new Promise((resolve) => setTimeout(resolve, 5))
      continue
    }
    const it = await recorder.record({ request: `request ${n}`, response: `answer ${n}` })
    // At once, and not when the loop comes to it: what is written here was acknowledged before.
    if (it) writeSync(1, `${n} ${it.inferenceId} ${it.sequence}\n`)
  }
}
await Promise.all(Array.from({ length: 4 }, work))

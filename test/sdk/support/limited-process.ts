/**
 * A program that records while something that its journal needs has run out; told by its first argument what: `space`, whose limit
 * is set from outside, or `descriptors`. Says how it fared, waits for a line, and goes on. ASSAY_* configure it.
 */
import { closeSync, openSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { createRecorder, fileJournal, type InferenceDroppedError } from '@assay/sdk'

/** How it fared while the journal could not be written. */
export type Ordeal = {
  /** Inference ids that were acknowledged before, by the number of the request. */
  acknowledged: Record<string, string>
  /** How long `record` took to say that nothing can be written, in ms. */
  undefinedAfterMillis: number
  /** 99 of 100 calls were faster, in ms. */
  p99: { plain: number; recorded: number }
  heapGrowth: number
  descriptorGrowth: number
}
/** How it ended. */
export type Ending = { asked: number; recorded: number; dropped: number; toldDropped: number }

const [what, maxQueueSize = '100'] = process.argv.slice(2)
const server = createServer((request, response) => {
  request.resume().on('end', () => response.end('{"id":"x"}'))
})
await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/chat/completions`

/** A connection would need a descriptor, too. */
const send: typeof fetch =
  what === 'descriptors' ? () => Promise.resolve(Response.json({ id: 'x' })) : fetch

let toldDropped = 0
const recorder = createRecorder({
  journal: fileJournal({ segmentBytes: what === 'descriptors' ? 2_000 : undefined }),
  maxQueueSize: Number(maxQueueSize),
  fetch: send,
  scheduledDelayMillis: 100,
  onError: () => undefined,
  onDrop(error) {
    const [count] = /^\d+/.exec((error as InferenceDroppedError).shortMessage) ?? ['1']
    toldDropped += Number(count)
  },
})

let asked = 0
const record = () => recorder.record({ request: `request ${asked++}`, response: 'a' })
async function call(ask: typeof fetch): Promise<number> {
  const body = ask === recorder.fetch ? `request ${asked++}` : 'plain'
  const start = performance.now()
  await (await ask(url, { method: 'POST', body })).text()
  return performance.now() - start
}
async function timesOf(ask: typeof fetch, calls: number): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < calls; i++) times.push(await call(ask))
  return times
}
async function p99(ask: typeof fetch): Promise<number> {
  return (await timesOf(ask, 400)).sort((a, b) => a - b)[395] as number
}
const heap = async () => {
  // What finalizers let go of goes with the second.
  for (let i = 0; i < 2; i++) {
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return getHeapStatistics().used_heap_size
}
/** Where there is none left, none can be left open. */
const descriptors = () => (taken.length > 0 ? 0 : readdirSync('/proc/self/fd').length)

const taken: number[] = []
if (what === 'descriptors') {
  await record()
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'))
  } catch {
    // None is left.
  }
}

const acknowledged: Ordeal['acknowledged'] = {}
let undefinedAfterMillis: number
for (;;) {
  const request = `request ${asked}`
  const start = performance.now()
  const inference = await record()
  undefinedAfterMillis = performance.now() - start
  if (!inference) break
  acknowledged[request] = inference.inferenceId
}
const before = descriptors()
// What is made once is there by then; it must last until more is asked than the queue holds.
await timesOf(send, 100)
await timesOf(recorder.fetch, 150)
const heapBefore = await heap()
const times = { plain: await p99(send), recorded: await p99(recorder.fetch) }
const ordeal: Ordeal = {
  acknowledged,
  undefinedAfterMillis,
  p99: times,
  heapGrowth: (await heap()) - heapBefore,
  descriptorGrowth: descriptors() - before,
}
console.log(JSON.stringify(ordeal))

await new Promise((resolve) => process.stdin.once('data', resolve))
for (const descriptor of taken) closeSync(descriptor)
// What waits is written with the next try.
while (recorder.status().recorded < asked - recorder.status().dropped) {
  await new Promise((resolve) => setTimeout(resolve, 50))
}
await record()
await recorder.shutdown()
const { recorded, dropped } = recorder.status()
console.log(JSON.stringify({ asked, recorded, dropped, toldDropped } satisfies Ending))
process.exit()

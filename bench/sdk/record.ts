import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRecorder, fileJournal, type RecorderOptions } from '@assay/sdk'
import canonicalize from 'canonicalize'
import { keccak256, stringToHex, zeroAddress } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const inFlight = 64
const url = 'https://api.example.com/v1/chat/completions'
const text = (length: number) =>
  'abcdefghijklmnopqrstuvwxyz 0123456789 '.repeat(200).slice(0, length)
const question = text(1950)
const request = JSON.stringify({ model: 'm', messages: [{ role: 'user', content: question }] })
const rest = JSON.stringify({
  object: 'chat.completion',
  model: 'm-2026',
  choices: [
    { index: 0, message: { role: 'assistant', content: text(3800) }, finish_reason: 'stop' },
  ],
  usage: { prompt_tokens: 500, completion_tokens: 950, total_tokens: 1450 },
}).slice(1)
/** 4 KB, each its own. */
const answerOf = (i: number) => `{"id":"chatcmpl-${i}",${rest}`

const key = generatePrivateKey()
const owner = privateKeyToAccount(generatePrivateKey()).address
const account = privateKeyToAccount(key)

/** A recorder as an application has it, with a journal on disk. What settles is taken at once: no chain is measured. */
async function withRecorder<T>(
  run: (recorder: ReturnType<typeof createRecorder>) => Promise<T>,
  options: RecorderOptions,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  const recorder = createRecorder({
    chainId: 31337,
    owner,
    sessionKey: key,
    inferenceLog: '0x0000000000000000000000000000000000000001',
    journal: fileJournal({ directory }),
    submit: () => Promise.resolve({ transactionHash: undefined }),
    scheduledDelayMillis: 200,
    ...options,
  })
  try {
    return await run(recorder)
  } finally {
    await recorder.shutdown()
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs a task `count` times, 64 at a time, and gives the CPU time that each took, in microseconds, and each one's duration in ms. */
async function load(count: number, task: (i: number) => Promise<unknown>) {
  const durations = new Float64Array(count)
  const before = process.cpuUsage()
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let i = next++; i < count; i = next++) {
        const start = performance.now()
        await task(i)
        durations[i] = performance.now() - start
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return {
    cpuMicros: (user + system) / count,
    p99: durations.sort()[Math.floor(count * 0.99)] as number,
  }
}

/** What the obvious way costs for one inference. */
export async function measureNaive(count = 400): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  const file = await open(join(directory, 'log'), 'a')
  const types = { Inference: [{ name: 'digest', type: 'bytes32' }] } as const
  const domain = { name: 'Naive', version: '1', chainId: 1, verifyingContract: zeroAddress }
  const { cpuMicros } = await load(count, async (i) => {
    const record = {
      request: JSON.parse(request) as unknown,
      response: JSON.parse(answerOf(i)) as unknown,
      servedAt: Date.now(),
    }
    const digest = keccak256(stringToHex(canonicalize(record) as string))
    const signature = await account.signTypedData({
      domain,
      types,
      primaryType: 'Inference',
      message: { digest },
    })
    await file.write(`${JSON.stringify({ ...record, digest, signature })}\n`)
    await file.datasync()
  })
  await file.close()
  await rm(directory, { recursive: true, force: true })
  return cpuMicros
}

/** An API that answers after 50 ms, sooner than a model does, without a network: what is left is the client’s own work. */
function api(): typeof fetch {
  return async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    return new Response(answerOf(Math.floor(Math.random() * 1e15)), {
      headers: { 'content-type': 'application/json' },
    })
  }
}

/** A recorded call beside the same call unrecorded: CPU time in microseconds, and how much later the slowest hundredth is, in ms. */
export async function measureRecord(count = 20_000) {
  const call = (send: typeof fetch) => async () => {
    const response = await send(url, { method: 'POST', body: request })
    await response.json()
  }
  const plain = api()
  await load(2_000, call(plain))
  const unrecorded = await load(count, call(plain))
  const recorded = await withRecorder(
    async (recorder) => {
      await load(2_000, call(recorder.fetch))
      await recorder.flush()
      const before = process.cpuUsage()
      const { p99 } = await load(count, call(recorder.fetch))
      // Batches, roots and signatures are part of the price.
      await recorder.flush()
      const { user, system } = process.cpuUsage(before)
      const { recorded, dropped } = recorder.status()
      if (dropped > 0 || recorded !== count + 2_000)
        throw new RangeError(`${dropped} were dropped.`)
      return { cpuMicros: (user + system) / count, p99 }
    },
    { fetch: plain },
  )
  return {
    cpuMicros: recorded.cpuMicros - unrecorded.cpuMicros,
    addedLatencyP99Ms: recorded.p99 - unrecorded.p99,
  }
}

/** What a piece of a stream costs more with the recorder, in microseconds of CPU time. */
export async function measureStream(pieces = 200_000): Promise<number> {
  const encoder = new TextEncoder()
  const event = encoder.encode(
    `data: ${JSON.stringify({ id: 'chatcmpl-1', model: 'm', choices: [{ index: 0, delta: { content: ' word' } }] })}\n\n`,
  )
  const send: typeof fetch = () => {
    let left = pieces
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        if (left-- > 0) controller.enqueue(event.slice())
        else controller.close()
      },
    })
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
  }
  const read = async (fetching: typeof fetch) => {
    const before = process.cpuUsage()
    const response = await fetching(url, { method: 'POST', body: request })
    const reader = (response.body as ReadableStream<Uint8Array>).getReader()
    while (!(await reader.read()).done);
    const { user, system } = process.cpuUsage(before)
    return (user + system) / pieces
  }
  return withRecorder(
    async (recorder) => {
      const ratios: number[] = []
      for (let i = 0; i < 5; i++) {
        const plain = await read(send)
        ratios.push((await read(recorder.fetch)) - plain)
      }
      return ratios.sort((a, b) => a - b)[2] as number
    },
    { fetch: send },
  )
}

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
const answerOf = (id: string) => `{"id":"${id}",${rest}`

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

/**
 * Runs a task `count` times, 64 at a time.
 *
 * @param task - Gives how long it waited for others on purpose, in ms.
 * @returns CPU time of each, in microseconds, and the 99th percentile of what each took beside its waiting, in ms.
 */
async function load(count: number, task: (i: number) => Promise<number>) {
  const durations = new Float64Array(count)
  const before = process.cpuUsage()
  let next = 0
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      for (let i = next++; i < count; i = next++) {
        const start = performance.now()
        const waited = await task(i)
        durations[i] = performance.now() - start - waited
      }
    }),
  )
  const { user, system } = process.cpuUsage(before)
  return {
    cpuMicros: (user + system) / count,
    p99: durations.sort()[Math.floor(count * 0.99)] as number,
  }
}

/** What the obvious way costs for one inference, in microseconds of CPU time. */
export async function measureNaive(count = 1_500): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  const file = await open(join(directory, 'log'), 'a')
  const types = { Inference: [{ name: 'digest', type: 'bytes32' }] } as const
  const domain = { name: 'Naive', version: '1', chainId: 1, verifyingContract: zeroAddress }
  const record = async (i: number) => {
    const record = {
      request: JSON.parse(request) as unknown,
      response: JSON.parse(answerOf(String(i))) as unknown,
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
    return 0
  }
  // Both ways are measured once their code is compiled.
  await load(count, record)
  const { cpuMicros } = await load(count, record)
  await file.close()
  await rm(directory, { recursive: true, force: true })
  return cpuMicros
}

/**
 * An API that answers after 40 to 60 ms, sooner than a model does, without a network: what is left is the client's own work. The
 * calls keep out of step, as those of different users do.
 */
function api() {
  const delays = new Map<string, number>()
  let n = 0
  const send: typeof fetch = async () => {
    const id = String(n++)
    const delay = 40 + 20 * Math.random()
    delays.set(id, delay)
    await new Promise((resolve) => setTimeout(resolve, delay))
    return new Response(answerOf(id), { headers: { 'content-type': 'application/json' } })
  }
  /** One call; gives how long the API took. */
  const call = (fetching: typeof fetch) => async () => {
    const response = await fetching(url, { method: 'POST', body: request })
    const { id } = (await response.json()) as { id: string }
    const delay = delays.get(id) as number
    delays.delete(id)
    return delay
  }
  return { send, call }
}

/**
 * Recorded calls beside the same calls unrecorded, in turns: CPU time in microseconds, and how much later the slowest hundredth is,
 * in ms; the medians of the turns.
 */
export async function measureRecord(count = 10_000, turns = 5) {
  const { send, call } = api()
  const cpuMicros: number[] = []
  const p99: number[] = []
  await withRecorder(
    async (recorder) => {
      await load(2_000, call(send))
      await load(2_000, call(recorder.fetch))
      for (let turn = 0; turn < turns; turn++) {
        const plain = await load(count, call(send))
        await recorder.flush()
        const before = process.cpuUsage()
        const recorded = await load(count, call(recorder.fetch))
        // Batches, roots and signatures are part of the price.
        await recorder.flush()
        const { user, system } = process.cpuUsage(before)
        cpuMicros.push((user + system) / count - plain.cpuMicros)
        p99.push(recorded.p99 - plain.p99)
      }
      const { recorded, dropped } = recorder.status()
      if (dropped > 0 || recorded !== turns * count + 2_000) {
        throw new RangeError(`${dropped} were dropped, ${recorded} recorded.`)
      }
    },
    { fetch: send },
  )
  return { cpuMicros: median(cpuMicros), addedLatencyP99Ms: median(p99) }
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] as number
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
      return median(ratios)
    },
    { fetch: send },
  )
}

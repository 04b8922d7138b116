/**
 * What settling with nobody present takes: records at a steady pace on a local chain with a block each second, inline and external, and
 * writes `bench/results/settle.json`. Two batches go before what is measured, since a local chain takes a second for the first ones that
 * it later takes a quarter of. What bounds each figure stands in docs/performance.md.
 *
 * Usage: node bench/settle.ts [inferences, default 100,000]
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRecorder, fileJournal } from '@assay/sdk'
import { fileStore } from '@assay/sdk/stores'
import type { TransactionEvent } from '@assay/sdk/transactions'
import { direct } from '@assay/sdk'
import { type Address, createPublicClient, type Hex, http } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'

type Place = { rpcUrl: string; inferenceLog: Address; owner: Address; sessionKey: Hex }
type Figures = {
  /** From the first recorded to the last settled. */
  inferencesPerSecond: number
  recordedToSettledP50Ms: number
  gasPerInference: number
  /** Transactions and signatures of the owner. */
  prompts: number
  rssMb: number
}

const total = Number(process.argv[2] ?? 100_000)
/** Recorded inferences a second. */
const pace = 5_000
const tickMillis = 20
const scheduledDelayMillis = 1_000

/** Recorded and settled before anything is measured. */
const warmUp = 14_000

/** Of this chain alone. */
async function startChain(): Promise<{ place: Place; stop: () => void }> {
  const child = fork(fileURLToPath(new URL('settle/chain.ts', import.meta.url)))
  const place = await new Promise<Place>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Place))
    child.once('exit', (code) => reject(new Error(`The chain ended with ${code}.`)))
  })
  return { place, stop: () => child.disconnect() }
}

async function measure(mode: 'inline' | 'external'): Promise<Figures> {
  const { place, stop } = await startChain()
  const { rpcUrl, inferenceLog, owner, sessionKey } = place
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  const client = createPublicClient({ transport: http(rpcUrl) })
  const hashes: Hex[] = []
  const recorder = createRecorder({
    ...{ chainId: 31337, rpcUrl, inferenceLog, owner, sessionKey, mode, scheduledDelayMillis },
    submit: direct({
      ...{
        rpcUrl,
        chainId: 31337,
        account: privateKeyToAccount(sessionKey),
        timeoutMillis: 60_000,
      },
      onTransaction(event: TransactionEvent) {
        if (event.type === 'mined') hashes.push(event.hash as Hex)
      },
    }),
    maxQueueSize: 100_000,
    maxExportBatchSize: mode === 'inline' ? 7_000 : 20_000,
    journal: fileJournal({ directory: join(directory, 'journal') }),
    ...(mode === 'external' && {
      store: fileStore({ directory: join(directory, 'data'), publicUrl: 'https://data.example' }),
    }),
  })
  const record = (n: number) =>
    recorder.record({ request: `request ${n}`, response: `answer ${n}`, model: 'm' })
  await Promise.all(Array.from({ length: warmUp }, (_, i) => record(-1 - i)))
  await recorder.flush()
  const before = recorder.status()
  hashes.length = 0
  const recordedAt = new Float64Array(total)
  const settledAt = new Float64Array(total)
  let recorded = 0
  let settled = 0
  let rss = 0
  const look = () => {
    const now = performance.now()
    // A log is settled in order.
    const upTo = recorder.status().settled - before.settled
    for (; settled < upTo; settled++) settledAt[settled] = now
    rss = Math.max(rss, process.memoryUsage().rss)
  }
  const watching = setInterval(look, 10)
  const start = performance.now()
  await new Promise<void>((done) => {
    let begun = 0
    const ticking = setInterval(() => {
      const due = Math.min(total, ((performance.now() - start) / 1_000) * pace)
      for (; begun < due; begun++) {
        void record(begun).then((it) => {
          if (it) recordedAt[recorded++] = performance.now()
        })
      }
      if (begun < total) return
      clearInterval(ticking)
      done()
    }, tickMillis)
  })
  const left = () => total + before.settled - recorder.status().settled
  const behind = left()
  while (left() > 0 && recorder.status().dropped === 0) await recorder.flush()
  look()
  clearInterval(watching)
  const seconds = (performance.now() - start) / 1_000
  const { dropped } = recorder.status()
  if (dropped > 0 || settled !== total) {
    console.error(`${settled} settled, ${dropped} dropped.`)
    process.exitCode = 1
  }
  await recorder.shutdown()
  const receipts = await Promise.all(hashes.map((hash) => client.getTransactionReceipt({ hash })))
  const gas = receipts.reduce((sum, { gasUsed }) => sum + Number(gasUsed), 0)
  const waits = Array.from(settledAt, (at, i) => at - recordedAt[i]!).toSorted((a, b) => a - b)
  const prompts = await client.getTransactionCount({ address: owner })
  console.log(
    `${mode}: ${hashes.length} batches, ${behind} unsettled when the last was recorded, ${seconds.toFixed(1)} s`,
  )
  stop()
  await rm(directory, { recursive: true })
  return {
    inferencesPerSecond: Math.round(total / seconds),
    recordedToSettledP50Ms: Math.round(waits[total >> 1]!),
    gasPerInference: Math.round((100 * gas) / total) / 100,
    prompts,
    rssMb: Math.round(rss / 2 ** 20),
  }
}

const inline = await measure('inline')
const external = await measure('external')
/** The worse of both. */
const most = (of: (figures: Figures) => number) => Math.max(of(inline), of(external))
const summary = {
  inferencesPerSecond: Math.min(inline.inferencesPerSecond, external.inferencesPerSecond),
  recordedToSettledP50Ms: most((it) => it.recordedToSettledP50Ms),
  gasPerInference: most((it) => it.gasPerInference),
  prompts: most((it) => it.prompts),
  rssMb: most((it) => it.rssMb),
  inline,
  external,
}
await writeFile(
  new URL('results/settle.json', import.meta.url),
  `${JSON.stringify({ command: `node bench/settle.ts ${total}`, node: process.version, pace, scheduledDelayMillis, summary }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))

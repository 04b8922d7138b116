/**
 * Whether memory stays flat: records inferences, 1,000 at a time, with a journal on disk, and notes what the process holds. Writes
 * `bench/results/sdk-memory.json`.
 *
 * Usage: node bench/sdk-memory.ts [inferences, default 10,000,000]
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRecorder, fileJournal } from '@assay/sdk'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

const total = Number(process.argv[2] ?? 10_000_000)
const directory = await mkdtemp(join(tmpdir(), 'assay-memory-'))
const recorder = createRecorder({
  chainId: 31337,
  owner: privateKeyToAccount(generatePrivateKey()).address,
  sessionKey: generatePrivateKey(),
  inferenceLog: '0x0000000000000000000000000000000000000001',
  journal: fileJournal({ directory }),
  // What settles is taken at once: no chain is measured.
  submit: () => Promise.resolve({ transactionHash: undefined }),
  scheduledDelayMillis: 200,
})

const megabytes = (bytes: number) => Math.round(bytes / 2 ** 20)
const samples: { inferences: number; rssMb: number; heapUsedMb: number }[] = []
const started = performance.now()

function sample(inferences: number): void {
  const { rss, heapUsed } = process.memoryUsage()
  samples.push({ inferences, rssMb: megabytes(rss), heapUsedMb: megabytes(heapUsed) })
  const seconds = (performance.now() - started) / 1_000
  const { pending } = recorder.status()
  console.log(
    `${inferences} recorded, ${pending} pending, ${Math.round(inferences / seconds)}/s, ${megabytes(rss)} MB resident, ${megabytes(heapUsed)} MB of heap`,
  )
}

let next = 0
await Promise.all(
  Array.from({ length: 1_000 }, async () => {
    for (let i = next++; i < total; i = next++) {
      await recorder.record({ request: `request ${i}`, response: `answer ${i}`, model: 'm' })
      if ((i + 1) % (total / 50) === 0) sample(i + 1)
    }
  }),
)
await recorder.flush()
const { recorded, settled, dropped } = recorder.status()
await recorder.shutdown()
const [folder] = await readdir(directory)
const segments = (await readdir(join(directory, folder as string))).length
await rm(directory, { recursive: true, force: true })

const most = (from: number, to: number) =>
  Math.max(...samples.slice(from * samples.length, to * samples.length).map((it) => it.rssMb))
const summary = {
  recorded,
  settled,
  dropped,
  segments,
  minutes: Math.round((performance.now() - started) / 60_000),
  /** The most that was resident in the second tenth of the run, and in its last half. */
  earlyRssMb: most(0.1, 0.2),
  lateRssMb: most(0.5, 1),
}
await writeFile(
  new URL('results/sdk-memory.json', import.meta.url),
  `${JSON.stringify({ command: `node bench/sdk-memory.ts ${total}`, node: process.version, summary, samples }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))
if (summary.lateRssMb > 1.2 * summary.earlyRssMb || recorded !== total) process.exitCode = 1

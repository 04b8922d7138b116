/**
 * What recording costs, beside the obvious way: canonical JSON, viem's keccak256, an EIP-712 signature, a line appended and
 * flushed for each inference. Prints each goal with what was measured, and writes `bench/results/sdk.json`. What bounds each figure
 * stands in docs/performance.md.
 */
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { measureNaive, measureRecord, measureStream } from './sdk/record.ts'
import { measureTrees } from './sdk/trees.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Of `createRecorder` in Node, gzip, without viem, as `pnpm size` holds it. */
function bundleKb(): number {
  const command = join(root, 'node_modules/.bin/size-limit')
  const output = execFileSync(command, ['--json'], { cwd: root, encoding: 'utf8' })
  const [node] = JSON.parse(output) as [{ size: number }]
  return node.size / 1_000
}

const round = (value: number) => Math.round(value * 100) / 100
const naive = await measureNaive()
const record = await measureRecord()
const stream = await measureStream()
const rssMb = process.memoryUsage().rss / 2 ** 20
const trees = measureTrees()
const summary = {
  record: {
    cpuMicros: round(record.cpuMicros),
    naiveCpuMicros: round(naive),
    ratio: round(naive / record.cpuMicros),
    addedLatencyP99Ms: round(record.addedLatencyP99Ms),
    perStreamChunkMicros: round(stream),
  },
  tree100k: { ms: round(trees.ms), ozMs: round(trees.ozMs), ratio: round(trees.ozMs / trees.ms) },
  tree1mMs: round(trees.millionMs),
  rssMb: round(rssMb),
  bundleKb: round(bundleKb()),
}

const atMost = (goal: number) => (value: number) => ({ goal: `≤ ${goal}`, met: value <= goal })
const atLeast = (goal: number) => (value: number) => ({ goal: `≥ ${goal}`, met: value >= goal })
const { record: r, tree100k } = summary
console.table(
  (
    [
      ['CPU of the obvious way over ours', r.ratio, atLeast(15)],
      ['added latency, p99, ms', r.addedLatencyP99Ms, atMost(0.5)],
      ['CPU of a stream chunk, µs', r.perStreamChunkMicros, atMost(1)],
      ["OpenZeppelin's tree of 100,000 over ours", tree100k.ratio, atLeast(60)],
      ['tree of 1,000,000, ms', summary.tree1mMs, atMost(1_500)],
      ['bundle, kB', summary.bundleKb, atMost(40)],
    ] as const
  ).map(([what, measured, judge]) => ({ what, measured, ...judge(measured) })),
)
await writeFile(
  new URL('results/sdk.json', import.meta.url),
  `${JSON.stringify({ command: 'pnpm bench:sdk', node: process.version, summary }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))
process.exit()

/**
 * What recording costs, beside the obvious way: canonical JSON, viem's keccak256, an EIP-712 signature, a line appended and
 * flushed for each inference. Writes `bench/results/sdk.json`. Fails when a goal is missed.
 */
import { writeFile } from 'node:fs/promises'
import { measureNaive, measureRecord, measureStream } from './sdk/record.ts'
import { measureTrees } from './sdk/trees.ts'

const round = (value: number) => Math.round(value * 100) / 100
const trees = measureTrees()
const naive = await measureNaive()
const record = await measureRecord()
const stream = await measureStream()
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
  rssMb: round(process.memoryUsage().rss / 2 ** 20),
}
await writeFile(
  new URL('results/sdk.json', import.meta.url),
  `${JSON.stringify({ command: 'node bench/sdk.ts', node: process.version, summary }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))
process.exit()

/**
 * What verifying costs, beside the obvious way: viem, hashing in hex, the signature recovered for each receipt. Offline, so that
 * nothing but computing counts. Prints each goal with what was measured, and writes `bench/results/verify.json`. What bounds each
 * figure stands in docs/performance.md.
 */
import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { offlineReceipts } from '../test/sdk/support/offline-receipts.ts'
import { measureBundle, measureObviousWay } from './verify/one-batch.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const batchSize = 20_000

/** Of `@assay/sdk/verify` in a browser, gzip, all in, as `pnpm size` holds it. */
function bundleKb(): number {
  const command = join(root, 'node_modules/.bin/size-limit')
  const output = execFileSync(command, ['--json'], { cwd: root, encoding: 'utf8' })
  const entries = JSON.parse(output) as { name: string; size: number }[]
  return entries.find(({ name }) => name === 'verification, browsers')!.size / 1_000
}

/** Milliseconds of the first receipt in a process of its own; the median of some. */
async function measureCold(receipt: unknown): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  try {
    const file = join(directory, 'receipt.json')
    await writeFile(file, JSON.stringify(receipt))
    const program = join(root, 'bench/verify/cold.ts')
    const times = Array.from({ length: 21 }, () =>
      Number(execFileSync(process.execPath, [program, file], { encoding: 'utf8' })),
    )
    return times.sort((a, b) => a - b)[10]!
  } finally {
    await rm(directory, { recursive: true })
  }
}

const round = (value: number) => Math.round(value * 100) / 100
const receipts = await offlineReceipts({ count: batchSize })
const viemPerSecond = await measureObviousWay(receipts.slice(0, 300))
const perSecond = await measureBundle(receipts)
const summary = {
  oneBatch: {
    perSecond: Math.round(perSecond),
    viemPerSecond: Math.round(viemPerSecond),
    ratio: round(perSecond / viemPerSecond),
  },
  singleColdMs: round(await measureCold(receipts[batchSize / 2])),
  bundleKb: round(bundleKb()),
}

const atMost = (goal: number) => (value: number) => ({ goal: `≤ ${goal}`, met: value <= goal })
const atLeast = (goal: number) => (value: number) => ({ goal: `≥ ${goal}`, met: value >= goal })
console.table(
  (
    [
      ['receipts of one batch over the obvious way', summary.oneBatch.ratio, atLeast(40)],
      ['one cold receipt, ms', summary.singleColdMs, atMost(5)],
      ['bundle, kB', summary.bundleKb, atMost(45)],
    ] as const
  ).map(([what, measured, judge]) => ({ what, measured, ...judge(measured) })),
)
await writeFile(
  new URL('results/verify.json', import.meta.url),
  `${JSON.stringify({ command: 'pnpm bench:verify', node: process.version, summary }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))

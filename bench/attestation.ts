/**
 * What verifying attestation documents costs, cold: the first one in a process; and hashing model files, many and one, beside OpenSSL and
 * sha256sum, and one of 100 GB. Prints each goal with what was measured, and writes `bench/results/attestation.json`.
 */
import { writeFile } from 'node:fs/promises'
import { measureDocuments } from './attestation/documents.ts'
import { measureModelHash, measureSparse, type ModelHashSpeed } from './attestation/model-hash.ts'

const many = await measureModelHash()
const one = await measureModelHash({ files: 1, bytes: 2 ** 30 })
const sparse = await measureSparse(100e9)
const ratio = (it: ModelHashSpeed) => Number((it.gbPerSecond / it.opensslGbPerSecond).toFixed(2))
const summary = {
  ...(await measureDocuments()),
  modelHash: {
    ...many,
    timesOpenssl: ratio(many),
    oneFile: { ...one, timesOpenssl: ratio(one) },
    sparse,
  },
}

const goals = [
  ['Nitro document, cold, ms', summary.nitroMs, '≤ 25', summary.nitroMs <= 25],
  ['TDX quote, cold, ms', summary.tdxMs, '≤ 25', summary.tdxMs <= 25],
  ['SEV-SNP report, cold, ms', summary.snpMs, '≤ 25', summary.snpMs <= 25],
  ["many files, times OpenSSL's rate", ratio(many), '≥ 1.6', ratio(many) >= 1.6],
  ["one file, times OpenSSL's rate", ratio(one), '≥ 0.95', ratio(one) >= 0.95],
  // Garbage that nobody has collected yet comes and goes; a hundredth of the file is a gigabyte.
  [
    '100 GB: memory added after the first, MB',
    sparse.rssMb - sparse.earlyRssMb,
    '≤ 50',
    sparse.rssMb - sparse.earlyRssMb <= 50,
  ],
] as const
console.table(goals.map(([what, measured, goal, met]) => ({ what, measured, goal, met })))
await writeFile(
  new URL('results/attestation.json', import.meta.url),
  `${JSON.stringify({ command: 'pnpm bench:attestation', node: process.version, summary }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))

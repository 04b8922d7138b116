/**
 * What verifying attestation documents costs, cold: the first one in a process; and hashing model files, beside OpenSSL and sha256sum. Prints each goal with what was measured, and writes
 * `bench/results/attestation.json`.
 */
import { writeFile } from 'node:fs/promises'
import { measureDocuments } from './attestation/documents.ts'
import { measureModelHash } from './attestation/model-hash.ts'

const summary = { ...(await measureDocuments()), modelHash: await measureModelHash() }

const goalMs = 25
console.table(
  (
    [
      ['Nitro document, cold, ms', summary.nitroMs],
      ['TDX quote, cold, ms', summary.tdxMs],
      ['SEV-SNP report, cold, ms', summary.snpMs],
    ] as const
  ).map(([what, measured]) => ({ what, measured, goal: `≤ ${goalMs}`, met: measured <= goalMs })),
)
await writeFile(
  new URL('results/attestation.json', import.meta.url),
  `${JSON.stringify({ command: 'pnpm bench:attestation', node: process.version, summary }, null, 2)}\n`,
)
console.log(JSON.stringify(summary))

import { execFileSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { judgedAt } from '../../test/attestation/support/chains.ts'
import { createNitroAuthority } from '../../test/attestation/support/nitro-authority.ts'
import { createSnpAuthority } from '../../test/attestation/support/snp-authority.ts'
import { createTdxAuthority } from '../../test/attestation/support/tdx-authority.ts'

const runs = 21
const cold = fileURLToPath(new URL('cold.ts', import.meta.url))

/** Documents of authorities of our own, as long and as deeply certified as the manufacturers'. */
const documents = {
  nitro: () => createNitroAuthority().documentOf(),
  tdx: () => createTdxAuthority().documentOf(),
  'sev-snp': () => createSnpAuthority().documentOf({ list: {} }),
}

/**
 * Milliseconds of the first verification of a document in a process of its own, once its code is loaded; the median of some processes.
 */
export async function measureDocuments(): Promise<{
  nitroMs: number
  tdxMs: number
  snpMs: number
}> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-'))
  try {
    return {
      nitroMs: await measure('nitro', directory),
      tdxMs: await measure('tdx', directory),
      snpMs: await measure('sev-snp', directory),
    }
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function measure(kind: keyof typeof documents, directory: string): Promise<number> {
  const file = join(directory, `${kind}.json`)
  const { document, pin, ...rest } = documents[kind]()
  const options = { at: judgedAt, pins: [pin], ...rest }
  await writeFile(file, JSON.stringify({ document, options }, withBytes))
  const times = Array.from({ length: runs }, () =>
    Number(execFileSync(process.execPath, [cold, kind, file], { encoding: 'utf8' })),
  )
  return Math.round(times.sort((a, b) => a - b)[Math.floor(runs / 2)]! * 100) / 100
}

/** Buffers turn themselves into lists of numbers before they come here. */
function withBytes(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key]
  if (!(original instanceof Uint8Array)) return value
  return { base64: Buffer.from(original).toString('base64') }
}

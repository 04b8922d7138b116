/** Prints the milliseconds of the first document that this process verifies, once the code is loaded: `cold.ts <kind> <file>`. */
import { readFileSync } from 'node:fs'

const [, , kind, file] = process.argv as [string, string, string, string]
const { document, options } = JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) =>
  isBytes(value) ? Buffer.from(value.base64, 'base64') : value,
) as { document: Uint8Array; options: never }

const verifiers = {
  nitro: async () => (await import('@assay/attestation/nitro')).verifyNitro,
  tdx: async () => (await import('@assay/attestation/tdx')).verifyTdx,
  'sev-snp': async () => (await import('@assay/attestation/sev-snp')).verifySevSnp,
}
const verify = await verifiers[kind as keyof typeof verifiers]()
const start = performance.now()
verify(document, options)
console.log(performance.now() - start)

function isBytes(value: unknown): value is { base64: string } {
  return typeof value === 'object' && value !== null && 'base64' in value
}

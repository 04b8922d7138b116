import type { VerifyAttestationOptions } from '../environment/verify-attestation.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addJudging } from './judging-options.ts'

/** `assay environment verify`: what an attestation shows, for a time. */
export const addVerifyAttestation: AddCommand = (parent, end) => {
  const command = parent
    .command('verify')
    .summary('verify an attestation, offline, for a time')
    .description(
      'Verifies an attestation for a time, from the file alone: each rule holds, or the first one that does not is named.',
    )
    .argument('<file>', 'an archive, or a bare Nitro document')
    .requiredOption('--at <time>', 'Unix seconds, or such as 2026-01-31T08:00:00Z')
  addJudging(command)
    .addHelpText(
      'after',
      `
The time is that of the block which registered the environment. TDX quotes and SEV-SNP reports need an archive.

Examples:
  assay environment verify document.cbor --at 2024-09-17T01:47:56Z
  assay environment verify attestation.json --at 1790000000 --json

Exit codes:
  0  verified
  2  refused: it shows nothing
  3  bad input or arguments`,
    )
    .action(async (file: string) => {
      const { verifyAttestation } = await import('../environment/verify-attestation.ts')
      const options = command.optsWithGlobals<VerifyAttestationOptions>()
      end(await verifyAttestation(file, options, terminalOf(command)))
    })
}

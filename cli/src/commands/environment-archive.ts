import type { ArchiveCommandOptions } from '../environment/archive.ts'
import { doneCodeHelp } from '../exit-code-help.ts'
import { type AddCommand, gather, terminalOf } from './global-options.ts'
import { addJudging } from './judging-options.ts'

/** `assay environment archive`: an attestation with what it takes to judge it later. */
export const addArchive: AddCommand = (parent, end) => {
  const command = parent
    .command('archive')
    .summary('archive an attestation with its collateral')
    .description(
      'Writes an attestation and its collateral into one file, by which an environment is registered and judged later. It is judged first: what is refused is not written.',
    )
    .requiredOption('--kind <name>', 'nitro, tdx or sev-snp')
    .requiredOption('--document <file>', 'Nitro document, TDX quote or SEV-SNP report, as it came')
    .option(
      '--collateral <file>',
      "TDX: JSON of DCAP's tools; SEV-SNP: certificates (DER or PEM), may come several times",
      gather,
    )
    .option('--event-log <file>', 'TDX: log of events as dstack gives it, JSON')
    .option('--revocation-list <file>', "SEV-SNP: AMD's list of revocations (DER or PEM)")
    .option(
      '--aci-report <file>',
      'answer of GET /v1/aci/attestation (JSON), whose keyset is bound',
    )
    .option('--aci-nonce <hex>', 'nonce that it was asked with (default: none)')
    .requiredOption('-o, --output <file>', 'where to write the archive')
    .option('--force', 'replace a file that is there')
    .option('--no-verify', 'write it without judging it')
    .option('--at <time>', 'time to judge it for, as `verify` takes it (default: now)')
  addJudging(command)
    .addHelpText(
      'after',
      `
The three certificates of a SEV-SNP report come in their order: of the key that signed it (VCEK or VLEK), of AMD's signing
key, of the root. A file may hold several in PEM, such as AMD's cert_chain.

Examples:
  assay environment archive --kind nitro --document document.cbor -o attestation.json
  assay environment archive --kind tdx --document quote.bin --collateral collateral.json -o attestation.json
  assay environment archive --kind tdx --document quote.bin --collateral collateral.json --aci-report report.json -o attestation.json
  assay environment archive --kind sev-snp --document report.bin --collateral vcek.der --collateral cert_chain.pem -o attestation.json
${doneCodeHelp}`,
    )
    .action(async () => {
      const { archive } = await import('../environment/archive.ts')
      await archive(command.optsWithGlobals<ArchiveCommandOptions>(), terminalOf(command))
      end(0)
    })
}

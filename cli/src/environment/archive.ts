import {
  archiveDigestOf,
  type AttestationArchive,
  encodeArchive,
  inspectArchive,
  type KeyHolder,
  readArchive,
  verifyArchive,
} from '@assay/attestation'
import { cutPadding } from '@assay/attestation/tdx'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { plain, plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import { checkTarget, writeFile } from '../output/write-file.ts'
import { type JudgingOptions, judgingBy, secondsFrom } from './judging.ts'
import { type AttestationFiles, readAttestationFiles } from './read-files.ts'

export type ArchiveCommandOptions = GlobalOptions &
  JudgingOptions &
  AttestationFiles & { output: string; force?: boolean; verify: boolean; at?: string }

/**
 * Archives an attestation, and shows what an environment is registered with by it.
 *
 * @throws UsageError, InputError, OutputError, InvalidArchiveError, InvalidAttestationOptionsError; AttestationRefusedError by the rule
 * that the document breaks. Nothing is written then.
 */
export async function archive(options: ArchiveCommandOptions, terminal: Terminal): Promise<void> {
  const { output, force: replace = false, verify, at, json, root, vmpl, tcbStatus } = options
  if (!verify && [at, root, vmpl, tcbStatus].some((it) => it !== undefined)) {
    throw new UsageError(
      'With `--no-verify` nothing is judged: leave out what it would be judged by.',
    )
  }
  const judging = judgingBy(options, at === undefined ? now() : secondsFrom(at, '`--at`'))
  checkTarget(output, { replace })
  const given = await readAttestationFiles(options)
  const trimmed = withoutPadding(given)
  const zerosCut = given.document.length - trimmed.document.length
  const bytes = encodeArchive(trimmed)
  // As it will be read: what is too large for that is refused here.
  const read = readArchive(bytes)
  const { kind } = read
  const report = verify ? verifyArchive(read, judging) : undefined
  // Not believed, but it has to be one of its kind.
  if (!report) inspectArchive(read)
  await writeFile(output, bytes, { replace })

  const attestationDigest = archiveDigestOf(read)
  const shown = report && shownBy(report)
  // What is archived is then not the file that was given.
  const cut = zerosCut > 0 && { zerosCut }
  if (json) {
    const status = report ? 'verified' : 'unverified'
    const said = { status, kind, attestationDigest, ...shown, ...cut, output }
    await terminal.write(`${plainJson(said)}\n`)
    return
  }
  const how = report ? `judged for ${timeOf(BigInt(report.at))}` : 'not judged'
  const title = terminal.colors.bold(`Archived: an attestation of ${kind}, ${how}`)
  const padding = cut && { 'cut behind the quote': `${zerosCut} bytes of zeros` }
  const said = { kind, 'attestation digest': attestationDigest, ...shown, ...padding }
  const rows = Object.entries(said).map(
    ([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')] as const,
  )
  await terminal.write(`${title}\n${table(rows, terminal)}\n`)
  await terminal.note(`Written: ${plain(output)}`)
}

/** Some drivers give a quote in a buffer of a fixed size, with zeros behind it, which are no part of it. */
function withoutPadding(archive: AttestationArchive): AttestationArchive {
  return archive.kind === 'tdx' ? { ...archive, document: cutPadding(archive.document) } : archive
}

const now = () => Math.floor(Date.now() / 1000)

/** What is registered of it, by which root, and what its key has to fit to. */
function shownBy(report: KeyHolder) {
  const { measurement, root } = report
  if (report.kind !== 'nitro') {
    const { reportData, aci } = report
    const keys = aci && { receiptKeys: aci.receiptKeys.map(({ key }) => key) }
    return { measurement, root, reportData, ...keys }
  }
  const { publicKey } = report
  return { measurement, root, ...(publicKey && { publicKey }) }
}

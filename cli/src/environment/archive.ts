import {
  archiveDigestOf,
  encodeArchive,
  inspectArchive,
  type KeyHolder,
  readArchive,
  verifyArchive,
} from '@assay/attestation'
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
  const bytes = encodeArchive(await readAttestationFiles(options))
  // As it will be read: what is too large for that is refused here.
  const read = readArchive(bytes)
  const { kind } = read
  const report = verify ? verifyArchive(read, judging) : undefined
  // Not believed, but it has to be one of its kind.
  if (!report) inspectArchive(read)
  await writeFile(output, bytes, { replace })

  const attestationDigest = archiveDigestOf(read)
  const shown = report && shownBy(report)
  if (json) {
    const status = report ? 'verified' : 'unverified'
    await terminal.write(`${plainJson({ status, kind, attestationDigest, ...shown, output })}\n`)
    return
  }
  const how = report ? `judged for ${timeOf(BigInt(report.at))}` : 'not judged'
  const title = terminal.colors.bold(`Archived: an attestation of ${kind}, ${how}`)
  const rows = Object.entries({ kind, 'attestation digest': attestationDigest, ...shown }).map(
    ([name, value]) => [name, typeof value === 'string' ? value : value.join(', ')] as const,
  )
  await terminal.write(`${title}\n${table(rows, terminal)}\n`)
  await terminal.note(`Written: ${plain(output)}`)
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

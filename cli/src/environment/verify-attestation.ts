import { AttestationRefusedError, verifyArchive } from '@assay/attestation'
import { createHash } from 'node:crypto'
import type { GlobalOptions } from '../commands/global-options.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { plainJson, plainShort } from '../output/plain.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { hang } from '../output/wrap.ts'
import { type JudgingOptions, judgingBy, secondsFrom } from './judging.ts'
import { readWholeAttestation } from './read-attestation.ts'

export type VerifyAttestationOptions = GlobalOptions & JudgingOptions & { at: string }

/** Members of a report that are shown apart, or are of no use to a person. */
const apart = ['kind', 'at', 'rules', 'notCovered']

/**
 * Verifies an attestation for a time, and shows what it shows.
 *
 * @throws UsageError, InputError, InvalidArchiveError
 */
export async function verifyAttestation(
  path: string,
  options: VerifyAttestationOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const judging = judgingBy(options, secondsFrom(options.at, '`--at`'))
  const { bytes, archive } = await readWholeAttestation(path)
  const archiveDigest = `0x${createHash('sha256').update(bytes).digest('hex')}`
  try {
    const report = { ...verifyArchive(archive, judging), archiveDigest }
    await terminal.write(
      options.json ? `${json({ status: 'verified', ...report })}\n` : text(report, terminal),
    )
    return exitCodes.verified
  } catch (error) {
    if (!(error instanceof AttestationRefusedError)) throw error
    const { kind, rule, shortMessage, metaMessages } = error
    const said = { status: 'refused', kind, rule, reason: shortMessage, archiveDigest }
    const lines = [`Refused: ${plainShort(shortMessage)}`, ...metaMessages, 'It shows nothing.']
    await terminal.write(options.json ? `${json(said)}\n` : `${lines.join('\n')}\n`)
    return exitCodes.unknown
  }
}

/** Integers beyond those of JSON as decimal digits. */
const plainValue = (value: unknown) => (typeof value === 'bigint' ? String(value) : value)

const json = (value: unknown) =>
  plainJson(JSON.parse(JSON.stringify(value, (_, it: unknown) => plainValue(it))))

function text(
  report: Record<string, unknown> & {
    rules: readonly { rule: string; requires: string }[]
    notCovered: readonly string[]
    kind: string
    at: number
  },
  terminal: Terminal,
): string {
  const { colors, columns } = terminal
  const shown = Object.entries(report).filter(([name]) => !apart.includes(name))
  const rows = shown.map(
    ([name, value]) =>
      [name, typeof value === 'string' ? value : JSON.stringify(plainValue(value))] as const,
  )
  const at = new Date(report.at * 1000).toISOString().replace('.000Z', 'Z')
  return [
    colors.bold(`Verified: an attestation of ${report.kind}, judged for ${at}`),
    table(rows, terminal),
    colors.bold('What was checked, and holds'),
    table(
      report.rules.map(({ rule, requires }) => [rule, requires] as const),
      terminal,
    ),
    colors.bold('What it does not show'),
    ...report.notCovered.map((it) => hang('  ', it, columns)),
    '',
  ].join('\n')
}

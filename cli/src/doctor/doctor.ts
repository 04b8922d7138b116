import type { GlobalOptions } from '../commands/global-options.ts'
import { type ExitCode, exitCodes } from '../exit-code.ts'
import { plainJson, plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { hang } from '../output/wrap.ts'
import { examine } from './examine.ts'
import type { Finding } from './finding.ts'
import type { DoctorOptions } from './options.ts'

const marks = { ok: '✓', warn: '!', fail: '✗' }

/** Shows what the checks find, and what to do. @returns 1 if one failed, else 0 */
export async function doctor(
  options: DoctorOptions & GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const findings: Finding[] = []
  for await (const finding of examine(options)) {
    findings.push(finding)
    if (!options.json) await terminal.write(`${lineOf(finding, terminal)}\n`)
  }
  const hasFailed = findings.some(({ status }) => status === 'fail')
  if (options.json) {
    await terminal.write(`${plainJson({ status: hasFailed ? 'fail' : 'ok', findings })}\n`)
  }
  return hasFailed ? exitCodes.refuted : exitCodes.verified
}

function lineOf({ check, status, text, fix }: Finding, { colors, columns }: Terminal): string {
  const paint = { ok: colors.green, warn: colors.yellow, fail: colors.red }[status]
  const width = columns === undefined ? undefined : columns - 2
  const lines = hang(`${check.padEnd(11)}  `, plainShort(text), width)
  const advice = fix === undefined ? '' : `\n${hang(' '.repeat(15), plainShort(fix), columns)}`
  return `${paint(marks[status])} ${lines}${advice}`
}

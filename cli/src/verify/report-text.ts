import type { Check, CheckStatus, Question, VerificationReport } from '@assay/sdk/verify'
import type { Colors } from '../output/colors.ts'
import { plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import { hang } from '../output/wrap.ts'
import { headlines, meanings, questions, sources } from './meanings.ts'

export type ReportTextOptions = Pick<Terminal, 'colors' | 'columns'> & {
  /** Whether to say what each check means, what is hidden, and in full what is not proven. */
  explain: boolean
}

/** Stands before a status. */
export const signs: Record<CheckStatus, string> = { verified: '✓', refuted: '✗', unknown: '?' }

/** A report in plain words. Whatever the receipt, the chain or an endpoint brought into it does nothing to a terminal. */
export function reportText(report: VerificationReport, options: ReportTextOptions): string {
  const { explain, columns } = options
  const sections = [headOf(report, options)]
  for (const [question, title] of Object.entries(questions)) {
    const checks = report.checks.filter((check) => check.question === (question as Question))
    if (checks.length === 0) continue
    const lines = checks.map((check) => checkText(check, twinOf(check, report), options))
    sections.push([options.colors.bold(title), ...lines].join('\n'))
  }
  if (explain) sections.push(sourcesText(options))
  if (explain || report.hidden.length > 0) sections.push(hiddenText(report, columns))
  sections.push(explain ? fullNotProven(report.notProven, columns) : shortNotProven(columns))
  return `${sections.join('\n\n')}\n`
}

/** How a status is painted. */
export function painted(status: CheckStatus, text: string, colors: Colors): string {
  const paint = { verified: colors.green, refuted: colors.red, unknown: colors.yellow }[status]
  return paint(text)
}

/** Which chain, and when it was read. */
export function chainText({ id, local, block, endpoints }: VerificationReport['chain']): string {
  const kind = local ? 'a local chain, which anyone can restart and rewrite; ' : ''
  const read = block
    ? `read at block ${block.number} of ${timeOf(BigInt(block.timestamp))}, says ${endpoints.join(', ')}`
    : 'not read'
  return `${id}: ${kind}${read}`
}

/** The least that is said of what is not proven. */
export function shortNotProven(columns: number | undefined): string {
  return hang(
    'Not proven: ',
    'that the model ran, and that all of its inferences were recorded; --explain says more.',
    columns,
  )
}

/** In full what is not proven. */
export function fullNotProven(notProven: readonly string[], columns: number | undefined): string {
  const lines = notProven.map((it) => hang('  – ', plainShort(it), columns))
  return ['Not proven, whatever stands above:', ...lines].join('\n')
}

function headOf({ status, inferenceId, chain }: VerificationReport, options: ReportTextOptions) {
  const { colors, columns } = options
  return [
    painted(status, colors.bold(`${signs[status]} ${headlines[status]}`), colors),
    hang('  inference  ', plainShort(inferenceId), columns),
    hang('  chain      ', plainShort(chainText(chain)), columns),
  ].join('\n')
}

/** An earlier check that says the same, word for word, as where the chain could not be read. */
function twinOf(check: Check, { checks }: VerificationReport): Check | undefined {
  return checks
    .slice(0, checks.indexOf(check))
    .find(({ question, reason }) => question === check.question && reason === check.reason)
}

function checkText(
  check: Check,
  twin: Check | undefined,
  { colors, columns, explain }: ReportTextOptions,
): string {
  const { name, status, source } = check
  const { reason, raise } = twin ? { reason: `As for ${twin.name}.`, raise: undefined } : check
  const label = `  ${signs[status]} ${name.padEnd(11)} ${status.padEnd(8)} ${source.padEnd(8)}  `
  const indent = ' '.repeat(label.length)
  const text = hang(label, plainShort(reason), columns).slice(label.length)
  const lines = [painted(status, label, colors) + text]
  if (explain) lines.push(colors.dim(hang(indent, meanings[name], columns)))
  if (raise && status !== 'verified') lines.push(hang(`${indent}→ `, plainShort(raise), columns))
  return lines.join('\n')
}

function sourcesText({ colors, columns }: ReportTextOptions): string {
  const lines = Object.entries(sources).map(([source, meaning]) =>
    hang(`  ${source.padEnd(9)} `, meaning, columns),
  )
  return [colors.bold('On whose word'), ...lines].join('\n')
}

function hiddenText({ hidden }: VerificationReport, columns: number | undefined): string {
  const text = hidden.length > 0 ? hidden.join(', ') : 'nothing; every field is shown'
  return hang('Hidden: ', plainShort(text), columns)
}

import type { CheckStatus } from '@assay/sdk/verify'
import { plainShort } from '../output/plain.ts'
import { hang } from '../output/wrap.ts'
import {
  chainText,
  fullNotProven,
  painted,
  type ReportTextOptions,
  shortNotProven,
  signs,
} from './report-text.ts'
import { type Tally, worstOf } from './tally.ts'

/** What became of a bundle, in plain words. */
export function tallyText(tally: Tally, options: ReportTextOptions): string {
  const { colors, columns, explain } = options
  const status = worstOf(tally)
  const { receipts, verified, refuted, unknown, failures, chain } = tally
  const sections = [
    [
      painted(status, colors.bold(`${signs[status]} ${headlineOf(status, tally)}`), colors),
      `  receipts  ${receipts}: ${verified} verified, ${refuted} refuted, ${unknown} unknown`,
      ...(chain ? [hang('  chain     ', plainShort(chainText(chain)), columns)] : []),
    ].join('\n'),
  ]
  if (failures.length > 0) sections.push(failuresText(tally, options))
  sections.push(explain ? fullNotProven(tally.notProven, columns) : shortNotProven(columns))
  return `${sections.join('\n\n')}\n`
}

function headlineOf(status: CheckStatus, { receipts, refuted, unknown }: Tally): string {
  if (status === 'refuted') return `Refuted: ${refuted} of ${receipts} receipts.`
  return status === 'unknown'
    ? `Unknown: ${unknown} of ${receipts} receipts; none is refuted.`
    : `Verified: all ${receipts} receipts.`
}

function failuresText(
  { failures, refuted, unknown }: Tally,
  { colors, columns }: ReportTextOptions,
): string {
  const lines = failures.flatMap(({ inferenceId, status, check }) => [
    painted(status, `  ${signs[status]} ${plainShort(inferenceId)}`, colors),
    ...(check ? [hang('      ', plainShort(`${check.name}: ${check.reason}`), columns)] : []),
  ])
  const left = refuted + unknown - failures.length
  if (left > 0) lines.push(`  and ${left} more; --json lists all`)
  return [colors.bold('Not verified'), ...lines].join('\n')
}

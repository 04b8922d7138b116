import { type EquivocationReport, verifyEquivocation } from '@assay/sdk/verify'
import type { GlobalOptions } from '../commands/global-options.ts'
import { type ExitCode, exitCodeOf } from '../exit-code.ts'
import { plainJson, plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { hang } from '../output/wrap.ts'
import { fullNotProven, painted } from './report-text.ts'

/** Verifies a proof of equivocation, and shows what it proves. @throws InvalidEquivocationError */
export async function verifyOneEquivocation(
  text: string,
  { json }: GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const report = verifyEquivocation(text)
  await terminal.write(json ? `${plainJson(report)}\n` : equivocationText(report, terminal))
  return exitCodeOf(report.status)
}

function equivocationText(report: EquivocationReport, { colors, columns }: Terminal): string {
  const { status, reason, contradiction, notProven } = report
  const shown = status === 'verified'
  const headline = shown ? '✓ Equivocation shown.' : '✗ No equivocation is shown.'
  const rows = contradiction
    ? [
        ['signer', `${contradiction.signer}, the ${roles[contradiction.role]}`],
        ['chain', contradiction.chainId],
        ['log', `${contradiction.logId} of ${contradiction.inferenceLog}`],
        ['place', contradiction.sequence],
        ['one', contradiction.inferenceIds[0]],
        ['other', contradiction.inferenceIds[1]],
      ]
    : []
  const lines = [
    painted(status, colors.bold(headline), colors),
    hang('  ', plainShort(reason), columns),
    ...rows.map(([name = '', text = '']) =>
      hang(`  ${name.padEnd(8)} `, plainShort(text), columns),
    ),
    '',
    fullNotProven(notProven, columns),
  ]
  return `${lines.join('\n')}\n`
}

const roles = { sessionKey: 'session key', owner: 'owner' } as const

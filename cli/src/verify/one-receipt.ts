import {
  type InferenceReceipt,
  type VerificationPolicy,
  type VerificationReport,
  verifyReceipt,
} from '@assay/sdk/verify'
import type { GlobalOptions } from '../commands/global-options.ts'
import { type ExitCode, exitCodeOf } from '../exit-code.ts'
import { plainJson } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { attestationsOf } from './attestations.ts'
import { clientsFor, noteNobodyAsked } from './clients.ts'
import { readContents } from './contents.ts'
import type { VerifyOptions } from './options.ts'
import { reportText } from './report-text.ts'

export type OneReceiptOptions = VerifyOptions & GlobalOptions & { timeoutMillis: number }

/** Verifies one receipt, and shows its report. @throws UsageError, InputError */
export async function verifyOneReceipt(
  receipt: InferenceReceipt,
  policy: VerificationPolicy,
  options: OneReceiptOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const contents = await readContents(options, options.timeoutMillis)
  const client = clientsFor(receipt.log.chainId, policy, options)
  const attestations = await attestationsOf(options, options.timeoutMillis)
  const report = await verifyReceipt(receipt, { policy, client, contents, attestations })
  await show(report, options, terminal)
  if (client.length === 0) await noteNobodyAsked(report.chain.id, options, terminal)
  return exitCodeOf(report.status)
}

function show(
  report: VerificationReport,
  { json, explain = false }: OneReceiptOptions,
  terminal: Terminal,
): Promise<void> {
  const { colors, columns } = terminal
  return terminal.write(
    json ? `${plainJson(report)}\n` : reportText(report, { colors, columns, explain }),
  )
}

import {
  type ExchangeContents,
  type InferenceReceipt,
  parseReceipt,
  type VerificationReport,
  verifyReceipt,
} from '@assay/sdk/verify'
import type { Hex } from 'viem'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodeOf } from '../exit-code.ts'
import type { GlobalOptions } from '../commands/global-options.ts'
import { maxContentBytes, maxDocumentBytes, timeoutMillisOf } from '../input/limits.ts'
import { readFileBytes } from '../input/read-bytes.ts'
import { readSource } from '../input/read-text.ts'
import { type Source, sourceOf } from '../input/source.ts'
import { plainJson } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { clientsFor } from './clients.ts'
import type { VerifyOptions } from './options.ts'
import { readPolicy } from './read-policy.ts'
import { reportText } from './report-text.ts'

/**
 * Verifies what an argument stands for, and shows the report.
 *
 * @throws UsageError, InputError, ReceiptNotFoundError, InvalidReceiptError, InvalidPolicyError
 */
export async function verify(
  argument: string,
  options: VerifyOptions & GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const source = sourceOf(argument)
  refuseContradictions(source, options)
  const timeoutMillis = timeoutMillisOf(options.timeout)
  const policy = await readPolicy(options.policy, timeoutMillis)
  const contents = await readContents(options, timeoutMillis)
  const limits = { maxBytes: maxDocumentBytes, timeoutMillis }
  const receipt =
    source.kind === 'id'
      ? await findReceiptOf(source.inferenceId, options, timeoutMillis)
      : parseReceipt(await readSource(source, limits))
  const client = clientsFor(receipt.log.chainId, policy, options, timeoutMillis)
  const report = await verifyReceipt(receipt, { policy, client, contents })
  await show(report, options, terminal)
  if (client.length === 0 && !options.offline && !options.json) {
    await terminal.note(
      `Nobody was asked about chain ${report.chain.id}: name an endpoint by --rpc, in the policy, or as ASSAY_RPC_URL.`,
    )
  }
  return exitCodeOf(report.status)
}

async function findReceiptOf(
  inferenceId: Hex,
  options: VerifyOptions,
  timeoutMillis: number,
): Promise<InferenceReceipt> {
  // Brings the recorder's side of the SDK, which nothing else here needs.
  const { findById } = await import('../input/find-by-id.ts')
  return findById(inferenceId, options, timeoutMillis)
}

function refuseContradictions(source: Source, { offline, rpc }: VerifyOptions): void {
  if (!offline) return
  if (rpc) throw new UsageError('`--offline` and `--rpc` exclude each other.')
  if (source.kind === 'url') throw new UsageError('With `--offline` nothing is fetched from a URL.')
}

async function readContents(
  { request, response }: VerifyOptions,
  timeoutMillis: number,
): Promise<ExchangeContents> {
  const limits = { maxBytes: maxContentBytes, timeoutMillis }
  return {
    request: request === undefined ? undefined : await readFileBytes(request, limits),
    response: response === undefined ? undefined : await readFileBytes(response, limits),
  }
}

function show(
  report: VerificationReport,
  { json, explain = false }: VerifyOptions & GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const { colors, columns } = terminal
  return terminal.write(
    json ? `${plainJson(report)}\n` : reportText(report, { colors, columns, explain }),
  )
}

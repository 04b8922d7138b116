import { type InferenceReceipt, parseReceipt } from '@assay/sdk/verify'
import type { Hex } from 'viem'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import type { ExitCode } from '../exit-code.ts'
import { maxDocumentBytes, timeoutMillisOf } from '../input/limits.ts'
import { peek } from '../input/peek.ts'
import { openSource, readText } from '../input/read-text.ts'
import { type Source, sourceOf } from '../input/source.ts'
import type { Terminal } from '../output/terminal.ts'
import { headBytes, isBundle, kindOf } from './document-kind.ts'
import { verifyBundleOf } from './one-bundle.ts'
import { verifyOneEquivocation } from './one-equivocation.ts'
import { verifyOneReceipt } from './one-receipt.ts'
import type { VerifyOptions } from './options.ts'
import { readPolicy } from './read-policy.ts'

/**
 * Verifies what an argument stands for, and shows the report.
 *
 * @throws UsageError, InputError, ReceiptNotFoundError, InvalidInputError of what was read
 */
export async function verify(
  argument: string,
  given: VerifyOptions & GlobalOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const source = sourceOf(argument)
  refuseContradictions(source, given)
  const options = { ...given, timeoutMillis: timeoutMillisOf(given.timeout) }
  const policy = await readPolicy(given.policy, options.timeoutMillis, terminal)
  if (source.kind === 'id') {
    const receipt = await findReceiptOf(source.inferenceId, options)
    return verifyOneReceipt(receipt, policy, options, terminal)
  }
  const { name, chunks } = openSource(source, options.timeoutMillis)
  const { head, all } = await peek(chunks, headBytes)
  if (isBundle(head))
    return verifyBundleOf({ chunks: all, head, source }, policy, options, terminal)
  const text = await readText({ name, chunks: all }, maxDocumentBytes)
  return kindOf(text) === 'equivocation'
    ? verifyOneEquivocation(text, options, terminal)
    : verifyOneReceipt(parseReceipt(text), policy, options, terminal)
}

async function findReceiptOf(
  inferenceId: Hex,
  options: VerifyOptions & { timeoutMillis: number },
): Promise<InferenceReceipt> {
  // Brings the recorder's side of the SDK, which nothing else here needs.
  const { findById } = await import('../input/find-by-id.ts')
  return findById(inferenceId, options)
}

function refuseContradictions(source: Source, { offline, rpc }: VerifyOptions): void {
  if (!offline) return
  if (rpc) throw new UsageError('`--offline` and `--rpc` exclude each other.')
  if (source.kind === 'url') throw new UsageError('With `--offline` nothing is fetched from a URL.')
}

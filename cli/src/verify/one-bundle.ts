import { type VerificationPolicy, verifyBundle } from '@assay/sdk/verify'
import { UsageError } from '../errors.ts'
import { type ExitCode, exitCodeOf } from '../exit-code.ts'
import type { Chunks } from '../input/chunks.ts'
import { fileSize } from '../input/file-size.ts'
import type { Source } from '../input/source.ts'
import { plainJsonLine } from '../output/plain.ts'
import { createProgress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'
import { attestationsOf } from './attestations.ts'
import { clientsFor, noteNobodyAsked } from './clients.ts'
import { chainIn } from './document-kind.ts'
import type { OneReceiptOptions } from './one-receipt.ts'
import { count, emptyTally, worstOf } from './tally.ts'
import { tallyText } from './tally-text.ts'

/** A bundle that is read as it comes. */
export type OpenBundle = { chunks: Chunks; head: Uint8Array; source: Source }

/**
 * Verifies a bundle, and shows what became of its receipts; as JSON, a report a line, and the counts in the last one.
 *
 * @throws UsageError, InputError, InvalidBundleError, at the latest when all is read: what was shown before counts for nothing then
 */
export async function verifyBundleOf(
  { chunks, head, source }: OpenBundle,
  policy: VerificationPolicy,
  options: OneReceiptOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.request !== undefined || options.response !== undefined) {
    throw new UsageError(
      '`--request` and `--response` go with a single receipt, not with a bundle.',
    )
  }
  const chainId = chainIn(head) ?? ''
  const client = clientsFor(chainId, policy, options)
  const attestations = await attestationsOf(options, options.timeoutMillis)
  const tally = emptyTally()
  const progress = createProgress(terminal)
  const size = sizeOf(source)
  let read = 0
  try {
    const bytes = counted(chunks, (length) => (read += length))
    for await (const report of verifyBundle(bytes, { policy, client, attestations })) {
      count(tally, report, policy.require)
      if (options.json) await terminal.write(`${plainJsonLine(report)}\n`)
      progress.show(`${tally.receipts} receipts`, size === undefined ? undefined : read / size)
    }
  } finally {
    progress.end()
  }
  const status = worstOf(tally)
  const { receipts, verified, refuted, unknown } = tally
  const { colors, columns } = terminal
  const { explain = false } = options
  await terminal.write(
    options.json
      ? `${plainJsonLine({ summary: { status, receipts, verified, refuted, unknown } })}\n`
      : tallyText(tally, { colors, columns, explain }),
  )
  if (client.length === 0) await noteNobodyAsked(chainId, options, terminal)
  return exitCodeOf(status)
}

async function* counted(
  chunks: Chunks,
  tell: (length: number) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    tell(chunk.length)
    yield chunk
  }
}

/** Of a file, in bytes; anything else comes without saying how much it is. */
function sizeOf(source: Source): number | undefined {
  return source.kind === 'file' ? fileSize(source.path) : undefined
}

import { receiptIn } from '../formats/bundle.ts'
import type { TextSource } from '../formats/lines.ts'
import { readBundle } from '../formats/read-bundle.ts'
import type { VerificationReport } from './report.ts'
import { batchSubjectOf, subjectOf } from './subject.ts'
import { createBatchVerifier, type VerifierOptions } from './verifier.ts'

/**
 * Checks every receipt of a bundle, as `verifyReceipt` does one: signatures once a batch, and the chain at one block, where what
 * several receipts depend on is read once. In memory are only the receipts that are under way, some hundred.
 *
 * @param bundle - The file, whole or in pieces; not trusted.
 * @returns Reports in the order of the receipts, as they are made.
 * @throws InvalidBundleError if it is no bundle: at the latest after the last report, so take none for all before the end.
 * InvalidPolicyError.
 *
 * @example
 * for await (const report of verifyBundle(createReadStream('receipts.jsonl'), { client })) {
 *   if (report.status !== 'verified') console.log(report.inferenceId, report.checks)
 * }
 */
export async function* verifyBundle(
  bundle: TextSource,
  options: VerifierOptions = {},
): AsyncGenerator<VerificationReport> {
  const verifyBatch = createBatchVerifier(options)
  let last: { of: object; shared: ReturnType<typeof batchSubjectOf> } | undefined
  for await (const { batch, receipts } of readBundle(bundle)) {
    if (last?.of !== batch) last = { of: batch, shared: batchSubjectOf(batch.log, batch.batch) }
    const { shared } = last
    yield* await verifyBatch(receipts.map((item) => subjectOf(receiptIn(batch, item), shared)))
  }
}

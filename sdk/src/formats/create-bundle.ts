import { InvalidBundleError } from '../errors/input.ts'
import { bundledBatch, type BundledReceipt, bundleSchema } from './bundle.ts'
import { parseReceipt } from './parse-receipt.ts'
import type { InferenceReceipt } from './receipt.ts'

/**
 * Packs receipts into one file. A batch stands before its receipts, so give those of one batch one after the other, as a recorder
 * exports them: then each batch stands there once.
 *
 * @param receipts - At least one; each an `InferenceReceipt`, as JSON text or value; not trusted.
 * @returns The lines of the file, each with its end. No more than one receipt is held in memory.
 * @throws InvalidReceiptError, InvalidBundleError if there is no receipt.
 *
 * @example
 * await pipeline(createBundle(receipts), createWriteStream('receipts.jsonl'))
 */
export async function* createBundle(
  receipts: Iterable<unknown> | AsyncIterable<unknown>,
): AsyncGenerator<string, void, void> {
  let count = 0
  let batch: string | undefined
  yield lineOf('bundle', bundleSchema)
  for await (const given of receipts) {
    const receipt = parseReceipt(given)
    const line = lineOf('batch', bundledBatch(receipt))
    if (line !== batch) yield line
    batch = line
    count++
    yield lineOf('receipt', bundledReceipt(receipt))
  }
  if (count === 0) throw new InvalidBundleError('', 'holds no receipt')
  yield lineOf('end', { receipts: String(count) })
}

const lineOf = (kind: string, value: unknown) => `${JSON.stringify({ [kind]: value })}\n`

/** In the order of `createReceipt`, whatever the order of the text that the receipt was read from. */
function bundledReceipt({
  inferenceId,
  inference,
  fields,
  messages,
  batch,
  evidence,
  hints,
}: InferenceReceipt): BundledReceipt {
  const { modelId, environmentId, commitment, sequence, servedAt } = inference
  const { transactionHash, uri } = hints
  return {
    inferenceId,
    inference: { modelId, environmentId, commitment, sequence, servedAt },
    fields: {
      leafHashes: fields.leafHashes,
      opened: fields.opened.map(({ index, name, salt, value }) => ({ index, name, salt, value })),
    },
    ...(messages && {
      messages: {
        leafHashes: messages.leafHashes,
        opened: messages.opened.map(({ index, salt, sha256, json }) => ({
          ...{ index, salt, sha256 },
          ...(json !== undefined && { json }),
        })),
      },
    }),
    proof: batch.proof,
    ...(evidence && {
      evidence: evidence.map(({ format, content }) => ({ format, content })),
    }),
    hints: {
      ...(transactionHash !== undefined && { transactionHash }),
      ...(uri !== undefined && { uri }),
    },
  }
}

import { NotShownError } from '../errors/redaction.ts'
import { parseReceipt } from './parse-receipt.ts'
import type { InferenceReceipt } from './receipt.ts'

export type RedactReceiptOptions = {
  /**
   * Names of the fields to show, standard ones and extensions, in any order. Where several extensions have one name, all of them
   * are shown. None: the receipt proves that something was recorded there and then, and says nothing of what.
   */
  reveal: readonly string[]
}

/**
 * Makes a receipt that shows some of what another one shows. It verifies as that one does; of what is left out stands a hash with
 * 32 bytes of salt there, which nobody can test guesses against.
 *
 * Whatever the format is given later stays out unless it is named here: a redaction is made of what it lists. The hinted address
 * of the batch's data goes too, since it may hold a name or a token; the hinted transaction is public with its root.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted, and not verified here.
 * @returns Another receipt. From one receipt, the same fields give the same result, in one step or in several.
 * @throws InvalidReceiptError if it is no receipt; NotShownError if it does not open what is to be shown.
 *
 * @example
 * const shown = redactReceipt(receipt, { reveal: ['model.returned', 'outcome'] })
 */
export function redactReceipt(
  receipt: unknown,
  { reveal }: RedactReceiptOptions,
): InferenceReceipt {
  const { schema, inferenceId, log, inference, fields, batch, hints } = parseReceipt(receipt)
  const shown = new Set(fields.opened.map(({ name }) => name))
  for (const name of reveal) {
    if (!shown.has(name)) throw new NotShownError(name, [...shown])
  }
  const opened = fields.opened
    .filter(({ name }) => reveal.includes(name))
    // Their order could tell something of how they came about.
    .sort((a, b) => Number(a.index) - Number(b.index))
  return {
    schema,
    inferenceId,
    log,
    inference,
    fields: { leafHashes: fields.leafHashes, opened },
    batch,
    hints: hints.transactionHash === undefined ? {} : { transactionHash: hints.transactionHash },
  }
}

import { InvalidReceiptError } from '../errors/input.ts'
import { parseStrict } from './parse-strict.ts'
import { maxReceiptValues, receiptShape } from './receipt-shape.ts'
import type { InferenceReceipt } from './receipt.ts'
import type { Refuse } from './shape.ts'
import { defaultJsonLimits } from './strict-json.ts'

const limits = { ...defaultJsonLimits, maxDepth: 4, maxValues: maxReceiptValues }

/**
 * Reads a receipt and refuses everything that is not one to the letter: unknown, missing or duplicate members, numbers that are
 * not strings, hex that is not lower case. What it says is not checked: that is `verifyReceipt`'s part.
 *
 * @param receipt - JSON text, or the value it stands for; not trusted.
 * @throws InvalidReceiptError that names the place and what is wrong there.
 */
export function parseReceipt(receipt: unknown): InferenceReceipt {
  const refuse: Refuse = (...problem) => new InvalidReceiptError(...problem)
  return parseStrict(receipt, receiptShape, refuse, limits) as InferenceReceipt
}

import { InvalidReceiptError } from '../errors/input.ts'
import { fieldCounts } from './fields.ts'
import { maxMessages } from './messages.ts'
import { type InferenceReceipt, receiptSchema } from './receipt.ts'
import { digits, hexOf, hexUpTo, listOf, objectOf, oneOf, type Refuse, text } from './shape.ts'
import { parseStrictJson } from './strict-json.ts'

const word = hexOf(32)
const address = hexOf(20)
const uint64 = digits(64)

/** As the chain reads commitments. */
const { least: minFields, most: maxFields } = fieldCounts
/** Largest opened value in bytes, and largest message in UTF-16 code units. */
const maxValue = 2 ** 20
/** A tree of 2^32 - 1 leaves is 32 high. */
const maxProof = 32

/** The strict form of a receipt; sdk/schema/receipt-v1.json says the same as JSON Schema. */
const receiptShape = objectOf(
  {
    schema: oneOf(receiptSchema),
    inferenceId: word,
    log: objectOf({
      chainId: digits(53),
      inferenceLog: address,
      owner: address,
      sessionKey: address,
      instance: word,
    }),
    inference: objectOf({
      modelId: word,
      environmentId: word,
      commitment: word,
      sequence: uint64,
      servedAt: uint64,
    }),
    fields: objectOf({
      leafHashes: listOf(word, maxFields, minFields),
      opened: listOf(
        objectOf({ index: digits(16), name: text(256), salt: word, value: hexUpTo(maxValue) }),
        maxFields,
      ),
    }),
    batch: objectOf({
      first: uint64,
      count: digits(32),
      root: word,
      mode: oneOf('inline', 'external'),
      dataDigest: word,
      signature: hexUpTo(4096),
      proof: listOf(word, maxProof),
    }),
    hints: objectOf({}, { transactionHash: word, uri: text(2048) }),
  },
  {
    messages: objectOf({
      leafHashes: listOf(word, maxMessages, 1),
      opened: listOf(
        objectOf({ index: digits(16), salt: word, sha256: word }, { json: text(maxValue) }),
        maxMessages,
      ),
    }),
  },
)

/**
 * Reads a receipt and refuses everything that is not one to the letter: unknown, missing or duplicate members, numbers that are
 * not strings, hex that is not lower case. What it says is not checked: that is `verifyReceipt`'s part.
 *
 * @param receipt - JSON text, or the value it stands for; not trusted.
 * @throws InvalidReceiptError that names the place and what is wrong there.
 */
export function parseReceipt(receipt: unknown): InferenceReceipt {
  const refuse: Refuse = (path, problem) => new InvalidReceiptError(path, problem)
  // A value goes through text as well: getters, prototypes and toJSON of the giver end here.
  const value = parseStrictJson(typeof receipt === 'string' ? receipt : toJson(receipt), refuse)
  receiptShape(value, '', refuse)
  return value as InferenceReceipt
}

function toJson(value: unknown): string {
  try {
    const json: unknown = JSON.stringify(value)
    // Undefined and functions have none, whatever the type of stringify says.
    return typeof json === 'string' ? json : ''
  } catch (error) {
    throw new InvalidReceiptError('', 'cannot be written as JSON', { cause: error })
  }
}

import { fieldCounts } from './fields.ts'
import { maxMessages } from './messages.ts'
import { receiptSchema } from './receipt.ts'
import { digits, hexOf, hexUpTo, listOf, objectOf, oneOf, text } from './shape.ts'

/** 32 bytes. */
export const word = hexOf(32)
const address = hexOf(20)
/** A sequence number or a time. */
export const uint64 = digits(64)

/** As the chain reads commitments. */
const { least: minFields, most: maxFields } = fieldCounts
/** Largest opened value in bytes, and largest message in UTF-16 code units. */
const maxValue = 2 ** 20
/** A tree of 2^32 - 1 leaves is 32 high. */
const maxProof = 32

/** The inference log, from which its id follows. */
export const logShape = objectOf({
  chainId: digits(53),
  inferenceLog: address,
  owner: address,
  sessionKey: address,
  instance: word,
})

export const inferenceShape = objectOf({
  modelId: word,
  environmentId: word,
  commitment: word,
  sequence: uint64,
  servedAt: uint64,
})

export const fieldsShape = objectOf({
  leafHashes: listOf(word, maxFields, minFields),
  opened: listOf(
    objectOf({ index: digits(16), name: text(256), salt: word, value: hexUpTo(maxValue) }),
    maxFields,
  ),
})

/** A batch as its key signed it. */
export const signedBatch = {
  first: uint64,
  count: digits(32),
  root: word,
  mode: oneOf('inline', 'external'),
  dataDigest: word,
  signature: hexUpTo(4096),
}

/** An inclusion proof, from the leaf upwards. */
export const proofShape = listOf(word, maxProof)

/** What nothing binds. */
export const hints = { transactionHash: word, uri: text(2048) }

/** Messages of the request, committed to one by one. */
export const messagesShape = objectOf({
  leafHashes: listOf(word, maxMessages, 1),
  opened: listOf(
    objectOf({ index: digits(16), salt: word, sha256: word }, { json: text(maxValue) }),
    maxMessages,
  ),
})

/** Evidence of a receipt, at most. */
const maxEvidence = 4

/** What providers gave about the exchange. */
export const evidenceShape = listOf(
  objectOf({ format: text(64), content: text(65_536) }),
  maxEvidence,
  1,
)

/** Of values a receipt has 160 at most, and seven more for each message. */
export const maxReceiptValues = 1_000 + 7 * maxMessages

/** The strict form of a receipt; sdk/schema/receipt-v1.json says the same as JSON Schema. */
export const receiptShape = objectOf(
  {
    schema: oneOf(receiptSchema),
    inferenceId: word,
    log: logShape,
    inference: inferenceShape,
    fields: fieldsShape,
    batch: objectOf({ ...signedBatch, proof: proofShape }),
    hints: objectOf({}, hints),
  },
  { messages: messagesShape, evidence: evidenceShape },
)

import type { Address, Hex } from 'viem'
import { bytesToHex } from './bytes.ts'
import type { Batch, BatchMode, BuiltBatch } from './batch.ts'
import { fieldLeafHash, type SaltedField } from './fields.ts'
import type { Evidence } from './evidence.ts'
import { messageLeafHash, type SaltedMessage } from './messages.ts'
import { type Inference, inferenceIdOf, type InferenceLogPlace } from './inference.ts'

/** Name of the receipt format. */
export const receiptSchema = 'assay/receipt/v1'

/**
 * `InferenceReceipt`, version 1: what proves one inference. All hex is lower case, all integers are decimal digits in strings.
 * Everything but `hints` is bound by a hash or a signature; `evidence` by its own.
 */
export type InferenceReceipt = {
  schema: typeof receiptSchema
  /** Leaf hash of the inference. */
  inferenceId: Hex
  /** The inference log, from which its id follows. */
  log: {
    chainId: string
    inferenceLog: Address
    owner: Address
    sessionKey: Address
    instance: Hex
  }
  inference: {
    modelId: Hex
    environmentId: Hex
    commitment: Hex
    sequence: string
    /** Unix milliseconds. */
    servedAt: string
  }
  fields: {
    /** Leaf hash of every field of the commitment, in order. */
    leafHashes: Hex[]
    /** The fields that this receipt shows. */
    opened: {
      /** Place among the leaf hashes. */
      index: string
      name: string
      salt: Hex
      value: Hex
    }[]
  }
  /** Messages of the request, committed to one by one; the field `messages` binds them. */
  messages?: {
    /** Leaf hash of every message, in order. */
    leafHashes: Hex[]
    /** The messages that this receipt speaks of. */
    opened: {
      /** Place among the leaf hashes. */
      index: string
      salt: Hex
      /** SHA-256 of the message's canonical JSON (RFC 8785). */
      sha256: Hex
      /** That JSON, if the receipt holds it. */
      json?: string
    }[]
  }
  batch: {
    first: string
    count: string
    root: Hex
    mode: BatchMode
    dataDigest: Hex
    /** EIP-712 signature over the batch: r, s, v. */
    signature: Hex
    /** Inclusion proof of the inference, from the leaf upwards. */
    proof: Hex[]
  }
  /** What a provider gave about the exchange, each form once: bound by its own signature, and by nothing here. */
  evidence?: Evidence[]
  /** What nothing binds; checked against the chain where possible, never relied upon. */
  hints: {
    transactionHash?: Hex
    uri?: string
  }
}

/** What a receipt is made of. */
export type ReceiptParts = {
  place: InferenceLogPlace
  inference: Inference
  fields: readonly SaltedField[]
  /** Messages of the request; the fields hold what binds them. Default: none. */
  messages?: readonly SaltedMessage[] | undefined
  batch: BuiltBatch
  signature: Hex
  hints?: InferenceReceipt['hints']
}

/** Makes a receipt that opens all fields that have a value, and the digests of all messages. */
export function createReceipt(parts: ReceiptParts): InferenceReceipt {
  const { place, inference, fields, messages, batch, signature, hints = {} } = parts
  const lower = <T extends Hex>(hex: T) => hex.toLowerCase() as T
  return {
    schema: receiptSchema,
    inferenceId: inferenceIdOf(inference),
    log: {
      chainId: String(place.chainId),
      inferenceLog: lower(place.inferenceLog),
      owner: lower(place.owner),
      sessionKey: lower(place.sessionKey),
      instance: lower(place.instance),
    },
    inference: {
      modelId: lower(inference.modelId),
      environmentId: lower(inference.environmentId),
      commitment: lower(inference.commitment),
      sequence: String(inference.sequence),
      servedAt: String(inference.servedAt),
    },
    fields: {
      leafHashes: fields.map((field) => bytesToHex(fieldLeafHash(field))),
      opened: fields.flatMap((field, index) =>
        field.value.length === 0
          ? []
          : [
              {
                index: String(index),
                name: field.name,
                salt: bytesToHex(field.salt),
                value: bytesToHex(field.value),
              },
            ],
      ),
    },
    ...(messages && messages.length > 0 ? { messages: openMessages(messages) } : {}),
    batch: {
      first: String(batch.first),
      count: String(batch.count),
      root: batch.root,
      mode: batch.mode,
      dataDigest: batch.dataDigest,
      signature,
      proof: batch.tree
        .proof(Number(inference.sequence - batch.first))
        .map((hash) => bytesToHex(hash)),
    },
    hints,
  }
}

function openMessages(
  messages: readonly SaltedMessage[],
): NonNullable<InferenceReceipt['messages']> {
  return {
    leafHashes: messages.map((message) => bytesToHex(messageLeafHash(message))),
    opened: messages.map(({ salt, digest }, index) => ({
      index: String(index),
      salt: bytesToHex(salt),
      sha256: bytesToHex(digest),
    })),
  }
}

/** The batch that a receipt speaks of. */
export function batchOfReceipt({ batch }: InferenceReceipt, logId: Hex): Batch {
  return batchOf(batch, logId)
}

/** A batch as it stands in receipts, and proofs of equivocation. */
export function batchOf(batch: Omit<InferenceReceipt['batch'], 'proof'>, logId: Hex): Batch {
  const { first, count, root, mode, dataDigest } = batch
  return { logId, first: BigInt(first), count: Number(count), root, mode, dataDigest }
}

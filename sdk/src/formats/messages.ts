import canonicalize from 'canonicalize'
import { sha256Text } from '../crypto/sha256.ts'
import { InvalidInputError } from '../errors/input.ts'
import { concatBytes, uint32, utf8 } from './bytes.ts'
import { createSalter, type Salter } from './fields.ts'
import { createMerkleTree, hashLeaf } from './merkle-tree.ts'

/** Name of the extension field that binds the messages of a request: the last field of the commitment. */
export const messagesField = 'messages'

/** How many messages of an inference can be committed to, so that its receipt stays far below what readers take. */
export const maxMessages = 1024

/** A message as it is committed to. */
export type SaltedMessage = {
  /** 32 bytes. */
  salt: Uint8Array
  /** SHA-256 of the message's canonical JSON, 32 bytes. */
  digest: Uint8Array
}

/**
 * Canonical JSON of a message (RFC 8785): what its digest is taken of.
 *
 * @param message - A JSON value, as `JSON.parse` gives it.
 * @throws InvalidInputError if it has no canonical form: it is no JSON, holds a lone surrogate, or a number that is not finite.
 */
export function canonicalMessage(message: unknown): string {
  try {
    const text = canonicalize(message)
    if (text !== undefined) return text
  } catch (error) {
    throw new InvalidInputError('message', '', 'has no canonical JSON (RFC 8785)', { cause: error })
  }
  throw new InvalidInputError('message', '', 'is no JSON value')
}

/** SHA-256 of a message's canonical JSON, 32 bytes. @throws InvalidInputError as canonicalMessage does. */
export function messageDigest(message: unknown): Uint8Array {
  return sha256Text(canonicalMessage(message))
}

const saltLabel = utf8('assay/message-salt/v1')

/**
 * Gives the salts of messages: HMAC-SHA-256(seed, "assay/message-salt/v1" ‖ logId ‖ sequence ‖ index), where sequence is 8 bytes
 * and index 4, big-endian. The label is longer than that of fields, so no input is that of a field's salt.
 *
 * @param seed - 32 secret bytes of the journal.
 * @param logId - 32 bytes.
 */
export function createMessageSalter(seed: Uint8Array, logId: Uint8Array): Salter {
  return createSalter(seed, logId, saltLabel)
}

/**
 * Salts messages, by their place.
 *
 * @param digests - 32 bytes each, one after the other.
 */
export function saltMessages(
  digests: Uint8Array,
  salter: Salter,
  sequence: bigint,
): SaltedMessage[] {
  return Array.from({ length: digests.length / 32 }, (_, index) => ({
    salt: salter(sequence, index),
    digest: digests.subarray(32 * index, 32 * index + 32),
  }))
}

/** Leaf hash of a message: SHA-256(0x00 ‖ salt ‖ digest). */
export function messageLeafHash({ salt, digest }: SaltedMessage): Uint8Array {
  return hashLeaf(concatBytes(salt, digest))
}

/**
 * Value of the field that binds messages: their number, 4 bytes, big-endian, and the root over their leaf hashes. Without the number, a
 * root could be read as that of a smaller tree, in which the messages have other places.
 *
 * @param leafHashes - 32 bytes each, in order, at least one.
 * @returns 36 bytes.
 */
export function messagesValue(leafHashes: readonly Uint8Array[]): Uint8Array {
  return concatBytes(uint32(leafHashes.length), createMerkleTree(leafHashes).root)
}

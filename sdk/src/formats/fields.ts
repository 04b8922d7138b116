import type { Hex } from 'viem'
import { hmacSha256, sha256, sha256Hex, sha256Into } from '../crypto/sha256.ts'
import { concatBytes, uint32, uint64, utf8, writeHex } from './bytes.ts'
import { createMerkleTree, hashLeaf } from './merkle-tree.ts'

/**
 * Names of the standard private fields; a field's place in this list is its index in the commitment. The list is part of the
 * format: it can never be reordered, and grows only at its end under a new version.
 */
export const standardFields = [
  'request.sha256',
  'response.sha256',
  'output.text.sha256',
  'endpoint',
  'model.requested',
  'model.returned',
  'outcome',
  'usage',
  'finish_reason',
] as const

/**
 * How many fields a commitment has: the standard ones, and up to seven extensions. With more, somebody could build a tree that
 * gives a standard field two values, in two readings of its size; see contracts/libraries/Commitment.sol.
 */
export const fieldCounts = { least: 9, most: 16 } as const

/** Name of a standard private field. */
export type StandardField = (typeof standardFields)[number]

/** How an exchange ended. */
export type Outcome = 'complete' | 'truncated' | 'aborted' | 'error'

/** One private field of an inference. */
export type Field = {
  name: string
  /** Empty: the field is absent. The `.sha256` fields hold the 32 raw bytes, the others UTF-8 text. */
  value: Uint8Array
}

/** A private field with the salt that hides it. */
export type SaltedField = Field & {
  /** 32 bytes. */
  salt: Uint8Array
}

const saltLabel = utf8('assay/salt/v1')

/**
 * Salt of a field: HMAC-SHA-256(seed, "assay/salt/v1" ‖ logId ‖ sequence ‖ index), where sequence is 8 bytes and index 4,
 * big-endian. Fixed width, so that no two (log, sequence, index) give the same input.
 *
 * @param seed - 32 secret bytes of the journal.
 * @param logId - 32 bytes.
 * @param sequence - Place of the inference in its log.
 * @param index - Place of the field in the commitment.
 * @returns 32 bytes.
 */
export function fieldSalt(
  seed: Uint8Array,
  logId: Uint8Array,
  sequence: bigint,
  index: number,
): Uint8Array {
  return createSalter(seed, logId)(sequence, index)
}

/** Gives the salts of what stands at each place of one inference log's inferences, as fieldSalt does for fields. */
export type Salter = {
  (sequence: bigint, index: number): Uint8Array
  /** Writes the salt at a place of a larger byte string. */
  into(sequence: bigint, index: number, target: Uint8Array, offset: number): void
}

/**
 * Salts for many inferences of one log; see fieldSalt.
 *
 * @param label - What the salts are for. Default: fields.
 */
export function createSalter(
  seed: Uint8Array,
  logId: Uint8Array,
  label: Uint8Array = saltLabel,
): Salter {
  const hmac = hmacSha256(seed)
  const message = concatBytes(label, logId, uint64(0n), uint32(0))
  const view = new DataView(message.buffer)
  const into: Salter['into'] = (sequence, index, target, offset) => {
    view.setBigUint64(message.length - 12, sequence)
    view.setUint32(message.length - 4, index)
    hmac(message, target, offset)
  }
  const salter = (sequence: bigint, index: number) => {
    const salt = new Uint8Array(32)
    into(sequence, index, salt, 0)
    return salt
  }
  return Object.assign(salter, { into })
}

/** Entry of a field in the commitment's tree: salt(32) ‖ sha256(name)(32) ‖ value. */
export function fieldEntry(field: SaltedField): Uint8Array {
  return concatBytes(field.salt, nameHashOf(field.name), field.value)
}

const standardNameHashes = new Map<string, Uint8Array>(
  standardFields.map((name) => [name, sha256(utf8(name))]),
)

function nameHashOf(name: string): Uint8Array {
  return standardNameHashes.get(name) ?? sha256(utf8(name))
}

/** Leaf hash of a field in the commitment's tree. */
export function fieldLeafHash(field: SaltedField): Uint8Array {
  return hashLeaf(fieldEntry(field))
}

/**
 * Leaf hash of a field that came in hex, as it stands in a receipt.
 *
 * @param name - The field's name.
 * @param salt - 32 bytes.
 * @param value - Any number of bytes.
 */
export function fieldLeafHashOf(name: string, salt: Hex, value: Hex): Hex {
  const length = 64 + value.length / 2
  const leaf = length <= scratch.length ? scratch : new Uint8Array(length)
  leaf[0] = 0
  writeHex(salt, leaf, 1)
  leaf.set(nameHashOf(name), 33)
  writeHex(value, leaf, 65)
  return sha256Hex(leaf.subarray(0, length))
}

/**
 * Fields in the order of the format: all standard ones, absent ones with an empty value, then the extensions as given.
 *
 * @param standard - Values of the standard fields that there are.
 * @param extensions - Further fields; a standard name among them is a mistake of the caller.
 */
export function orderFields(
  standard: Partial<Record<StandardField, Uint8Array>>,
  extensions: readonly Field[] = [],
): Field[] {
  const absent = new Uint8Array(0)
  return [
    ...standardFields.map((name) => ({ name, value: standard[name] ?? absent })),
    ...extensions,
  ]
}

/** Salts fields, by their place. */
export function saltFields(
  fields: readonly Field[],
  seed: Uint8Array,
  logId: Uint8Array,
  sequence: bigint,
): SaltedField[] {
  const salter = createSalter(seed, logId)
  return fields.map(({ name, value }, index) => ({ name, value, salt: salter(sequence, index) }))
}

/** Root over the leaf hashes of all fields, in order: 32 bytes. */
export function commitmentOf(leafHashes: readonly Uint8Array[]): Uint8Array {
  return createMerkleTree(leafHashes).root
}

/**
 * Commitment to fields that are salted on the way: what commitmentOf gives for them, without keeping anything in between.
 *
 * @returns 32 bytes.
 */
export function commitFields(
  fields: readonly Field[],
  salter: Salter,
  sequence: bigint,
): Uint8Array {
  const leafHashes = new Uint8Array(32 * fields.length)
  for (let index = 0; index < fields.length; index++) {
    const { name, value } = fields[index] as Field
    const length = 65 + value.length
    const leaf = length <= scratch.length ? scratch : new Uint8Array(length)
    leaf[0] = 0
    salter.into(sequence, index, leaf, 1)
    leaf.set(nameHashOf(name), 33)
    leaf.set(value, 65)
    sha256Into(leaf.subarray(0, length), leafHashes, 32 * index)
  }
  return createMerkleTree(leafHashes).root
}

/** For leaves of ordinary size: it is written and hashed in one go, several times an inference. */
const scratch = new Uint8Array(512)

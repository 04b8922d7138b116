import { sha256Text } from '../crypto/sha256.ts'
import type { Field } from '../formats/fields.ts'

/**
 * Name of the private field that holds the SHA-256 of an idempotency key. It stands in the commitment beside the rest, so that it is
 * written with its inference or not at all, and whoever reads the journal after a crash knows which keys were used.
 */
export const keyField = 'idempotency.key.sha256'

/** What stands in the field for a key: 32 bytes. */
export const keyDigest = (key: string): Uint8Array => sha256Text(key)

/** The digest of the key under which an inference was handed in; undefined if there was none. */
export function keyOf(fields: readonly Field[]): Uint8Array | undefined {
  return fields.find(({ name }) => name === keyField)?.value
}

import { decode, encode, rfc8949EncodeOptions, Tagged } from 'cborg'
import { InvalidCoseReceiptError } from '../errors/input.ts'
import { equalBytes } from '../formats/bytes.ts'
import { sign1Tag } from './registry.ts'

/** The deterministic encoding of RFC 8949, section 4.2. Maps with labels are given as `Map`. */
export function encodeCbor(value: unknown): Uint8Array {
  return encode(value, rfc8949EncodeOptions)
}

/**
 * Reads CBOR in its deterministic encoding, so that one value has one form: no other lengths, no other order, no key twice, nothing
 * after it. The only tag is that of a COSE_Sign1.
 *
 * @param bytes - Not trusted.
 * @param path - What they are, for the error.
 * @throws InvalidCoseReceiptError
 */
export function decodeCbor(bytes: Uint8Array, path: string): unknown {
  let value: unknown
  let again: Uint8Array
  try {
    value = decode(bytes, {
      strict: true,
      allowIndefinite: false,
      allowUndefined: false,
      rejectDuplicateMapKeys: true,
      useMaps: true,
      tags: Tagged.preserve(sign1Tag),
    })
    again = encodeCbor(value)
  } catch (error) {
    // Nesting without end ends here too, as a full stack.
    throw new InvalidCoseReceiptError(path, 'is not deterministic CBOR', { cause: error })
  }
  if (!equalBytes(again, bytes)) {
    throw new InvalidCoseReceiptError(path, 'is not deterministic CBOR')
  }
  return value
}

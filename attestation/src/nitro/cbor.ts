import { decode } from 'cborg'
import { MalformedError } from '../judging/errors.ts'

/**
 * Reads CBOR (RFC 8949): no tag, no key twice, integers in their shortest form, nothing after it.
 *
 * @param lengths - Whether lengths may be left open, as some of AWS's payloads have them.
 * @throws MalformedError
 */
export function readCbor(bytes: Uint8Array, lengths: 'definite' | 'definite or not'): unknown {
  try {
    return decode(bytes, {
      strict: true,
      allowIndefinite: lengths === 'definite or not',
      allowUndefined: false,
      allowBigInt: false,
      allowInfinity: false,
      allowNaN: false,
      rejectDuplicateMapKeys: true,
      useMaps: true,
    })
  } catch (cause) {
    // Nesting without end ends here too, as a full stack.
    throw new MalformedError('is not CBOR that can be read', { cause })
  }
}

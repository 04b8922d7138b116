import { concatBytes } from '../formats/bytes.ts'
import { digestBytes } from './digest-name.ts'

/** CID version 1, multicodec `raw` (0x55), multihash `sha2-256` (0x12) of 32 bytes. */
const head = Uint8Array.of(0x01, 0x55, 0x12, 0x20)
const alphabet = 'abcdefghijklmnopqrstuvwxyz234567'

/**
 * The CID of bytes that are one raw block of IPFS, from their digest: multibase base32, lower case, without padding (RFC 4648).
 *
 * @param name - SHA-256 of the bytes, 64 hex digits.
 * @see https://github.com/multiformats/cid
 */
export function cidOfBlock(name: string): string {
  let text = 'b'
  let bits = 0
  let value = 0
  for (const byte of concatBytes(head, digestBytes(name))) {
    value = (value << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += alphabet.charAt((value >> (bits - 5)) & 31)
    value &= (1 << bits) - 1
  }
  return bits > 0 ? text + alphabet.charAt((value << (5 - bits)) & 31) : text
}

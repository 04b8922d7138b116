import { concatHex, type Hex, hexToBytes, size, slice, toHex } from 'viem'
import type { Random } from './random.ts'

const secp256k1Order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** The hex with each of its bytes in turn as some other byte. */
export function byteChanges(hex: Hex, random: Random): Hex[] {
  const bytes = hexToBytes(hex)
  return Array.from(bytes, (byte, i) => toHex(bytes.with(i, byte ^ (1 + random.below(255)))))
}

/** The hex with each of its bits in turn turned over. */
export function bitFlips(hex: Hex): Hex[] {
  const bytes = hexToBytes(hex)
  return Array.from({ length: 8 * bytes.length }, (_, i) =>
    toHex(bytes.with(i >> 3, bytes[i >> 3]! ^ (1 << (i & 7)))),
  )
}

/** A proof without its ends, with more at each, and in other orders. */
export function proofsOfOtherForm(proof: readonly Hex[], random: Random): Hex[][] {
  const some = random.hex(32)
  const others = [
    ...proof.map((_, i) => proof.slice(0, i)),
    ...proof.map((_, i) => proof.slice(i + 1)),
    ...proof.map((_, i) => proof.toSpliced(i, 0, proof[i]!)),
    ...[
      [...proof, some],
      [some, ...proof],
      [...proof, ...proof],
    ],
    ...(proof.length > 1 ? [proof.toReversed()] : []),
  ]
  return others.filter(
    (it) => it.length !== proof.length || it.some((hash, i) => hash !== proof[i]),
  )
}

/** What else could be read as the same ECDSA signature of 65 bytes, and what is longer or shorter. */
export function signaturesOfOtherForm(signature: Hex, random: Random): Hex[] {
  const [r, s] = [slice(signature, 0, 32), BigInt(slice(signature, 32, 64))]
  const odd = slice(signature, 64) === '0x1c'
  const word = (value: bigint) => toHex(value, { size: 32 })
  return [
    // The point's other signature (high s), which signs the same.
    concatHex([r, word(secp256k1Order - s), odd ? '0x1b' : '0x1c']),
    // v as 0 or 1.
    concatHex([r, word(s), odd ? '0x01' : '0x00']),
    // Compact, 64 bytes (ERC-2098).
    concatHex([r, word(s | (odd ? 1n << 255n : 0n))]),
    ...[concatHex([signature, '0x00']), concatHex([signature, signature])],
    concatHex([signature, random.hex(32)]),
    ...Array.from({ length: size(signature) }, (_, i) => (i > 0 ? slice(signature, 0, i) : '0x')),
  ]
}

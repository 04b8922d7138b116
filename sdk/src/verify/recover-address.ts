import { type Address, keccak256 } from 'viem'
import { bytesToHex, toBytes } from '../formats/bytes.ts'
import { multiplyAdd } from '../crypto/multiply-add.ts'
import { invert, liftX, mod, n, type Point } from '../crypto/secp256k1.ts'

/**
 * The address whose key signed a digest, as the contracts recover it (SEC 1, section 4.1.6; Ethereum's Yellow Paper, appendix F).
 * Only the one form that they take: r, s, v in 65 bytes, s in the lower half (EIP-2), v 27 or 28. Any other is refused, so that
 * nobody without the key can make a second signature of a first one.
 *
 * @param digest - 32 bytes.
 * @param signature - r, s, v; not trusted.
 * @returns In lower case; undefined if it is no signature.
 */
export function recoverAddress(digest: Uint8Array, signature: Uint8Array): Address | undefined {
  const v = signature[64]
  if (signature.length !== 65 || (v !== 27 && v !== 28)) return undefined
  const r = integer(signature.subarray(0, 32))
  const s = integer(signature.subarray(32, 64))
  if (r === 0n || r >= n || s === 0n || s > n / 2n) return undefined
  const point = liftX(r, v === 28)
  if (!point) return undefined
  const inverse = invert(r, n)
  const key = multiplyAdd(mod(-integer(digest) * inverse, n), mod(s * inverse, n), point)
  if (!key) return undefined
  return `0x${keccak256(bytesOf(key)).slice(26)}`
}

const integer = (bytes: Uint8Array) => BigInt(bytesToHex(bytes))

function bytesOf({ x, y }: Point): Uint8Array {
  const hex = (value: bigint) => value.toString(16).padStart(64, '0')
  return toBytes(`0x${hex(x)}${hex(y)}`)
}

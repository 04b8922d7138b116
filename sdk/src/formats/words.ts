import { type Hex, isAddress } from 'viem'
import { InvalidInputError } from '../errors/input.ts'
import { toBytes } from './bytes.ts'

/** A static type of Solidity's, and a value of it. */
export type Word = ['address' | 'bytes32', Hex] | [`uint${number}`, bigint | number]

/**
 * abi.encode of values that take one word each (Contract ABI Specification, "Formal Specification of the Encoding").
 *
 * Written for the digests that each verification computes: a general encoder, and viem's of typed data above all, costs ten times
 * as much.
 *
 * @throws InvalidInputError if a value is none of its type.
 */
export function encodeWords(...words: readonly Word[]): Uint8Array {
  const bytes = new Uint8Array(32 * words.length)
  for (const [i, [type, value]] of words.entries()) {
    if (typeof value === 'string') {
      const length = type === 'address' ? 20 : 32
      bytes.set(bytesOf(value, type, length), 32 * (i + 1) - length)
    } else {
      writeInteger(bytes, 32 * i, BigInt(value), type)
    }
  }
  return bytes
}

function bytesOf(value: Hex, type: string, length: number): Uint8Array {
  const wellFormed = value.length === 2 + 2 * length && /^0x[0-9a-fA-F]*$/.test(value)
  // In mixed case an address carries a checksum (EIP-55).
  if (!wellFormed || (type === 'address' && value !== value.toLowerCase() && !isAddress(value))) {
    throw new InvalidInputError('value', '', `is no ${type}: ${value.slice(0, 80)}`)
  }
  return toBytes(value)
}

function writeInteger(bytes: Uint8Array, offset: number, value: bigint, type: string): void {
  const bits = Number(type.slice('uint'.length))
  if (BigInt.asUintN(bits, value) !== value) {
    throw new InvalidInputError('value', '', `is no ${type}: ${value}`)
  }
  const view = new DataView(bytes.buffer, offset, 32)
  for (let word = 3, rest = value; rest > 0n; word--, rest >>= 64n) {
    view.setBigUint64(8 * word, BigInt.asUintN(64, rest))
  }
}

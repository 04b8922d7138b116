import { InvalidCoseReceiptError } from '../errors/input.ts'

/** Bytes, of a length if one is given. @throws InvalidCoseReceiptError */
export function bytesAt(value: unknown, path: string, length?: number): Uint8Array {
  if (value instanceof Uint8Array && (length ?? value.length) === value.length) return value
  const problem = length === undefined ? 'must be a byte string' : `must be ${length} bytes`
  throw new InvalidCoseReceiptError(path, problem)
}

/** A whole number from 0, below a power of two. @throws InvalidCoseReceiptError */
export function uintAt(value: unknown, path: string, bits: number): bigint {
  if ((typeof value === 'number' && Number.isSafeInteger(value)) || typeof value === 'bigint') {
    const whole = BigInt(value)
    if (whole >= 0n && whole < 2n ** BigInt(bits)) return whole
  }
  throw new InvalidCoseReceiptError(path, `must be a whole number below 2^${bits}`)
}

/** A list of so many elements, or of up to so many. @throws InvalidCoseReceiptError */
export function listAt(value: unknown, path: string, least: number, most: number): unknown[] {
  if (Array.isArray(value) && value.length >= least && value.length <= most) return value
  const many = least === most ? String(least) : `${least} to ${most}`
  throw new InvalidCoseReceiptError(path, `must be a list of ${many}`)
}

/** A map with all of some keys, perhaps others, and nothing else. @throws InvalidCoseReceiptError */
export function mapAt(
  value: unknown,
  path: string,
  required: readonly (number | string)[],
  optional: readonly (number | string)[] = [],
): Map<unknown, unknown> {
  if (!(value instanceof Map)) throw new InvalidCoseReceiptError(path, 'must be a map')
  const map = value as Map<unknown, unknown>
  const missing = required.find((key) => !map.has(key))
  if (missing !== undefined) throw new InvalidCoseReceiptError(path, `lacks ${missing}`)
  const known: readonly unknown[] = [...required, ...optional]
  const unknown = [...map.keys()].find((key) => !known.includes(key))
  if (unknown !== undefined) {
    throw new InvalidCoseReceiptError(path, `has a member that is not of this form`)
  }
  return map
}

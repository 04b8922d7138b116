/**
 * Points of secp256k1 (SEC 2, section 2.4.1: y² = x³ + 7 over p), for public numbers only: the time taken tells the operands.
 * What signs lives in viem; this is here because verifying one signature with a general library builds tables first, for 27 ms.
 */

/** The field's prime. */
export const p = 2n ** 256n - 2n ** 32n - 977n
/** Order of the group. */
export const n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

/** A point by its affine coordinates. */
export type Point = { readonly x: bigint; readonly y: bigint }
/** A point as X / Z² and Y / Z³; Z = 0 is the point at infinity. Coordinates may be negative representatives. */
export type Jacobian = Point & { readonly z: bigint }

export const generator: Point = {
  x: 0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n,
  y: 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n,
}

/** The neutral element. */
export const infinity: Jacobian = { x: 0n, y: 1n, z: 0n }

/** The representative from 0 below the modulus. */
export function mod(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus
  return rest < 0n ? rest + modulus : rest
}

/** Inverse by Euclid's extended algorithm; 0 for 0. The modulus is prime. */
export function invert(value: bigint, modulus: bigint): bigint {
  let a = mod(value, modulus)
  let b = modulus
  let x = 1n
  let y = 0n
  while (a > 1n) {
    const quotient = b / a
    const rest = b % a
    const next = y - quotient * x
    b = a
    a = rest
    y = x
    x = next
  }
  return a === 0n ? 0n : mod(x, modulus)
}

/** 2P: "dbl-2009-l" of the Explicit-Formulas Database. No point of this group has y = 0; infinity stays infinity. */
export function double({ x, y, z }: Jacobian): Jacobian {
  const a = (x * x) % p
  const b = (y * y) % p
  const c = (b * b) % p
  const d = (2n * ((x + b) * (x + b) - a - c)) % p
  const e = 3n * a
  const x3 = (e * e - 2n * d) % p
  return { x: x3, y: (e * (d - x3) - 8n * c) % p, z: (2n * y * z) % p }
}

/** P + Q, Q affine: the mixed addition of "add-1998-cmo-2", with the cases that it leaves out. */
export function add(point: Jacobian, { x: x2, y: y2 }: Point): Jacobian {
  const { x: x1, y: y1, z: z1 } = point
  if (z1 === 0n) return { x: x2, y: y2, z: 1n }
  const zz = (z1 * z1) % p
  // Both are within (-p, p), so a difference that is a multiple of p leaves the remainder 0.
  const h = (x2 * zz - x1) % p
  const r = (y2 * ((z1 * zz) % p) - y1) % p
  if (h === 0n) return r === 0n ? double(point) : infinity
  const hh = (h * h) % p
  const hhh = (h * hh) % p
  const v = (x1 * hh) % p
  const x3 = (r * r - hhh - 2n * v) % p
  return { x: x3, y: (r * (v - x3) - y1 * hhh) % p, z: (z1 * h) % p }
}

/** Points in affine form, with one inversion for all (Montgomery's trick); undefined for infinity. */
export function toAffine(points: readonly Jacobian[]): (Point | undefined)[] {
  const products: bigint[] = []
  let product = 1n
  for (const { z } of points) {
    products.push(product)
    if (z !== 0n) product = (product * z) % p
  }
  let inverse = invert(product, p)
  const affine: (Point | undefined)[] = []
  for (let i = points.length - 1; i >= 0; i--) {
    const { x, y, z } = points[i] as Jacobian
    if (z === 0n) continue
    const zInverse = (inverse * (products[i] as bigint)) % p
    inverse = (inverse * z) % p
    const square = (zInverse * zInverse) % p
    affine[i] = { x: mod(x * square, p), y: mod(y * ((square * zInverse) % p), p) }
  }
  return affine
}

/** The point with this x and a y of this parity; undefined if x is of no point. `x` below p. */
export function liftX(x: bigint, odd: boolean): Point | undefined {
  const square = (x * x * x + 7n) % p
  const root = squareRoot(square)
  if ((root * root) % p !== square) return undefined
  return { x, y: (root & 1n) === (odd ? 1n : 0n) ? root : p - root }
}

/** value^((p + 1) / 4): a root if there is one, as p ≡ 3 mod 4. The exponent has runs of 223, 22 and 2 ones. */
function squareRoot(value: bigint): bigint {
  const times = (base: bigint, squarings: number, factor: bigint) => {
    let power = base
    for (let i = 0; i < squarings; i++) power = (power * power) % p
    return (power * factor) % p
  }
  // ones(k) stands for value^(2^k - 1).
  const ones2 = times(value, 1, value)
  const ones3 = times(ones2, 1, value)
  const ones6 = times(ones3, 3, ones3)
  const ones11 = times(times(ones6, 3, ones3), 2, ones2)
  const ones22 = times(ones11, 11, ones11)
  const ones44 = times(ones22, 22, ones22)
  const ones88 = times(ones44, 44, ones44)
  const ones220 = times(times(ones88, 88, ones88), 44, ones44)
  const ones223 = times(ones220, 3, ones3)
  return times(times(times(ones223, 23, ones22), 6, ones2), 2, 1n)
}

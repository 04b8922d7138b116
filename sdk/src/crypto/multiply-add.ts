import {
  add,
  double,
  generator,
  infinity,
  type Jacobian,
  mod,
  n,
  p,
  type Point,
  toAffine,
} from './secp256k1.ts'

/**
 * The endomorphism (x, y) ↦ (βx, y) is multiplication by λ (Gallant, Lambert, Vanstone, "Faster point multiplication on elliptic
 * curves with efficient endomorphisms", 2001): β³ = 1 mod p, λ³ = 1 mod n.
 */
const beta = 0x7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501een

/** A short basis of the pairs (a, b) with a + bλ ≡ 0 mod n: (a1, -b1) and (a2, a1). */
const a1 = 0x3086d221a7d46bcde86c90e49284eb15n
const b1 = 0xe4437ed6010e88286f547fa90abfe4c3n
const a2 = 0x114ca50f7a8e2f3f657c1108d9d44cfd8n

const nearest = (numerator: bigint) => (numerator + n / 2n) / n

/**
 * Two numbers of at most 128 bits, perhaps negative, with k ≡ k1 + k2 λ mod n.
 *
 * @param k - From 0, below n.
 */
export function splitScalar(k: bigint): [k1: bigint, k2: bigint] {
  const c1 = nearest(a1 * k)
  const c2 = nearest(b1 * k)
  return [k - c1 * a1 - c2 * a2, c1 * b1 - c2 * a1]
}

/**
 * uG + vP, of public numbers (Straus's way: one chain of doublings for all, sums of the points from a table).
 *
 * @param u - From 0, below n.
 * @param v - From 0, below n.
 * @returns Undefined for the point at infinity.
 */
export function multiplyAdd(u: bigint, v: bigint, point: Point): Point | undefined {
  const terms = [...termsOf(u, generator), ...termsOf(v, point)]
  const table = sumsOf(terms.map((term) => term.point))
  const bits = terms.map(({ scalar }) => scalar.toString(2))
  const length = Math.max(...bits.map((text) => text.length))
  let sum = infinity
  for (let i = length; i > 0; i--) {
    sum = double(sum)
    let chosen = 0
    for (let j = 0; j < bits.length; j++) {
      const text = bits[j] as string
      if (text[text.length - i] === '1') chosen |= 1 << j
    }
    const addend = table[chosen]
    if (addend) sum = add(sum, addend)
  }
  return toAffine([sum])[0]
}

/** kP as two terms with scalars that are half as long and not negative. */
function termsOf(k: bigint, { x, y }: Point): { scalar: bigint; point: Point }[] {
  const xs = [x, mod(beta * x, p)]
  return splitScalar(k).map((scalar, i) => ({
    scalar: scalar < 0n ? -scalar : scalar,
    point: { x: xs[i] as bigint, y: scalar < 0n ? p - y : y },
  }))
}

/** The sum of every choice of points, by the choice's bits; undefined where it is infinity. */
function sumsOf(points: readonly Point[]): (Point | undefined)[] {
  const sums: Jacobian[] = [infinity]
  for (const point of points) {
    sums.push(...sums.map((sum) => add(sum, point)))
  }
  return toAffine(sums)
}

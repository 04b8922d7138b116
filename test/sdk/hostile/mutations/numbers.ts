import type { ValueMutation } from './mutation.ts'
import { isDigits, pickPlace, put } from './places.ts'

const edges = [16n, 31n, 32n, 53n, 63n, 64n, 65n, 128n, 256n].flatMap((bits) => [
  2n ** bits - 1n,
  2n ** bits,
  2n ** bits + 1n,
])

/** A number is another one: at the edge of what some type holds, or near, or written in another way. */
export const changeNumber: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random, isDigits)
  if (!place) return receipt
  const text = place.holder[place.name] as string
  const value = text.length < 400 ? BigInt(text) : 0n
  place.holder[place.name] = random.pick([
    () => String(random.pick(edges)),
    () => String(value + 1n),
    () => String(value - 1n),
    () => String(value + 2n ** BigInt(random.below(70))),
    () => String(random.below(20)),
    () => `0${text}`,
    () => `+${text}`,
    () => `-${text}`,
    () => ` ${text}`,
    () => `${text}.0`,
    () => `${text}n`,
    () => `${text}e0`,
    () => `0x${value.toString(16)}`,
    () => '9'.repeat(random.pick([20, 21, 400, 100_000])),
    () => 'Infinity',
    () => 'NaN',
  ])()
  return receipt
}

/** The inference is said to be at another place, or served at another time. */
export const moveInference: ValueMutation = (receipt, { random, world, base }) => {
  const other = random.pick(world.honest).receipt
  const { first, count } = base.receipt.batch
  const sequence = [
    BigInt(first) + BigInt(count) - 1n,
    BigInt(first),
    BigInt(other.inference.sequence),
    BigInt(first) + BigInt(count),
    2n ** 64n - 1n,
  ]
  random.pick([
    () => put(receipt, ['inference', 'sequence'], String(random.pick(sequence))),
    () =>
      put(receipt, ['inference', 'servedAt'], random.pick(['0', '1', other.inference.servedAt])),
    () => put(receipt, ['batch', 'first'], String(random.pick(sequence))),
    () => put(receipt, ['batch', 'count'], String(random.below(1_100))),
  ])()
  return receipt
}

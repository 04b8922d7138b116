import type { ValueMutation } from './mutation.ts'
import { pickPlace } from './places.ts'

/** A list is longer, shorter, empty, stretched out of all measure, or in another order. */
export const changeList: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random, Array.isArray)
  if (!place) return receipt
  const list = place.holder[place.name] as unknown[]
  const item = list.length > 0 ? random.pick(list) : random.hex(32)
  const i = random.below(list.length + 1)
  place.holder[place.name] = random.pick([
    () => [...list, item],
    () => [item, ...list],
    () => list.toSpliced(i, 0, item),
    () => list.toSpliced(i, 0, random.hex(32)),
    () => list.toSpliced(i, 1),
    () => [],
    () => list.toReversed(),
    () => list.toSorted(() => random.below(3) - 1),
    () => [...list, ...list],
    () => Array.from({ length: random.pick([17, 33, 999, 1_001, 20_000]) }, () => item),
    () => list.map(() => item),
    () => [list],
  ])()
  return receipt
}

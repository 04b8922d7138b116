import type { ValueMutation } from './mutation.ts'
import { at, pickPlace, placesIn, put } from './places.ts'

/** A part of another honest receipt, of another batch, log or chain, stands where this one's was. */
export const swapPart: ValueMutation = (receipt, { random, world }) => {
  const other = random.pick(world.honest).receipt
  const place = pickPlace(receipt, random)
  const part = place && at(other, ...place.path)
  if (place && part !== undefined) put(receipt, place.path, structuredClone(part))
  return receipt
}

/** A member of the receipt as a whole: its log, its inference, its fields, its batch. */
export const swapMember: ValueMutation = (receipt, { random, world, base }) => {
  const { owner } = base.receipt.log
  const near = world.honest.filter((it) => it.receipt.log.owner === owner)
  const other = random.pick(random.chance(0.7) ? near : world.honest).receipt
  const name = random.pick(Object.keys(other) as (keyof typeof other)[])
  put(receipt, [name], structuredClone(other[name]))
  return receipt
}

/** The same receipt, said to be of the other chain. */
export const swapChain: ValueMutation = (receipt, { random, world }) => {
  put(receipt, ['log', 'chainId'], random.pick([...Object.keys(world.tapes), '1', '0']))
  return receipt
}

/** Two parts of the receipt itself have changed places. */
export const swapWithin: ValueMutation = (receipt, { random }) => {
  const places = placesIn(receipt)
  if (places.length < 2) return receipt
  const [a, b] = [random.pick(places), random.pick(places)]
  // What would hold itself is no JSON any more.
  if (a.path.join().startsWith(b.path.join()) || b.path.join().startsWith(a.path.join())) {
    return receipt
  }
  const held = a.holder[a.name]
  a.holder[a.name] = b.holder[b.name]
  b.holder[b.name] = held
  return receipt
}

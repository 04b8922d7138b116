import { standardFields } from '@assay/sdk/formats'
import type { Hex } from 'viem'
import type { Json, ValueMutation } from './mutation.ts'
import { listAt, objectAt, put } from './places.ts'

/** A field is opened at another place, under another name, with another value, twice, or one that was never there. */
export const changeOpening: ValueMutation = (receipt, { random, world }) => {
  const opened = listAt(receipt, 'fields', 'opened')
  const field = objectAt(opened.length > 0 ? random.pick(opened) : undefined)
  const other = random.pick(world.honest).receipt.fields.opened
  const [salt, value] = [String(field.salt), String(field.value)]
  random.pick<() => unknown>([
    () => (field.index = String(random.below(20))),
    () => (field.name = random.pick([...standardFields, 'x', '__proto__', 'Outcome', 'outcome '])),
    () => (field.value = `0x${'61'.repeat(random.below(70))}`),
    // The same bytes in a row, cut at another place.
    () =>
      Object.assign(field, {
        salt: salt.slice(0, -2),
        value: `0x${salt.slice(-2)}${value.slice(2)}`,
      }),
    () =>
      Object.assign(field, { salt: `${salt}${value.slice(2, 4)}`, value: `0x${value.slice(4)}` }),
    () => opened.push({ ...field }),
    () => opened.push({ ...field, index: `0${String(field.index)}` }),
    () => opened.push({ ...field, index: String(Number(field.index) + 65_536) }),
    () => opened.push(structuredClone(random.pick(other.length > 0 ? other : [field]))),
    () => opened.push({ index: '0', name: 'request.sha256', salt: random.hex(32), value: '0x' }),
  ])()
  return receipt
}

/** Leaf hashes that give the commitment in another reading: nodes of its tree in the place of leaves, or leaves of others. */
export const changeLeaves: ValueMutation = (receipt, { random, world }) => {
  const leaves = listAt(receipt, 'fields', 'leafHashes') as Hex[]
  const { fields, inference } = random.pick(world.honest).receipt
  const others = random.pick([
    () => [objectAt(receipt, 'inference').commitment],
    () => Array.from({ length: 9 }, () => objectAt(receipt, 'inference').commitment),
    () => fields.leafHashes,
    () => [...leaves.slice(0, 8), inference.commitment],
    () => [...leaves.slice(0, -1), fields.leafHashes.at(-1)],
  ])()
  put(receipt, ['fields', 'leafHashes'], others)
  return receipt
}

/** What is committed to is replaced with its opening: the commitment is that of other fields, the rest stays. */
export const swapCommitment: ValueMutation = (receipt, { random, world }) => {
  const other: Json = structuredClone(random.pick(world.honest).receipt)
  put(receipt, ['fields'], other.fields)
  put(receipt, ['inference', 'commitment'], objectAt(other, 'inference').commitment)
  return receipt
}

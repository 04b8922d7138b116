import type { ValueMutation } from './mutation.ts'
import { pickPlace, placesIn, put } from './places.ts'

const names = [
  ...['__proto__', 'constructor', 'prototype', 'toString', 'valueOf', 'toJSON', 'then', 'length'],
  ...['hasOwnProperty', 'rpc', 'rpcUrl', 'client', 'policy', 'contracts', 'chains', 'status'],
  ...['verified', 'checks', 'settlement', 'schema ', 'Schema', 'owner\u0000', 'ｏwner', '', '0'],
]

/** A member that the format doesn't have, among them those by which JavaScript itself can be led astray. */
export const addMember: ValueMutation = (receipt, { random, world }) => {
  const holders = [
    { path: [] },
    ...placesIn(receipt).filter(({ holder, name }) => isObject(holder[name])),
  ]
  const { path } = random.pick(holders)
  const value = random.pick<() => unknown>([
    () => random.hex(32),
    () => ({ polluted: true, status: 'verified', checks: [] }),
    () => ({ prototype: { polluted: true } }),
    () => 'http://127.0.0.1:1',
    () => random.pick(world.policies),
    () => null,
  ])
  put(receipt, [...path, random.pick(names)], value())
  return receipt
}

/** A member has another name. */
export const renameMember: ValueMutation = (receipt, { random }) => {
  const place = pickPlace(receipt, random)
  if (!place || Array.isArray(place.holder)) return receipt
  const held = place.holder[place.name]
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- A member that is not there is what this makes.
  delete place.holder[place.name]
  put(place.holder, [random.pick(names)], held)
  return receipt
}

const isObject = (held: unknown) =>
  typeof held === 'object' && held !== null && !Array.isArray(held)

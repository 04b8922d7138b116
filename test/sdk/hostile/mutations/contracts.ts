import type { ValueMutation } from './mutation.ts'
import { pickPlace, put } from './places.ts'

const isAddress = (held: unknown) => typeof held === 'string' && /^0x[0-9a-f]{40}$/.test(held)

/** An address is another one: another contract of the same chain, one of the chain itself, an owner who accepts anything. */
export const fakeContract: ValueMutation = (receipt, { random, world }) => {
  const place = pickPlace(receipt, random, isAddress)
  if (!place) return receipt
  const contracts = Object.values(random.pick(world.policies).chains).flatMap((chain) =>
    Object.values(chain).filter(isAddress),
  )
  place.holder[place.name] = String(
    random.pick<() => unknown>([
      () => random.pick(contracts),
      () => random.pick(world.yesMen),
      () => `0x${random.below(20).toString(16).padStart(40, '0')}`,
      () => random.hex(20),
      () => random.pick(world.honest).receipt.log.owner,
      () => random.pick(world.honest).receipt.log.sessionKey,
    ])(),
  ).toLowerCase()
  return receipt
}

/** A model or environment is named that is another one, none, or one that the policy trusts. */
export const fakeId: ValueMutation = (receipt, { random, world }) => {
  const other = random.pick(world.honest).receipt.inference
  const name = random.pick(['modelId', 'environmentId'] as const)
  const id = random.pick([
    other.modelId,
    other.environmentId,
    `0x${'0'.repeat(64)}`,
    random.hex(32),
  ])
  put(receipt, ['inference', name], id)
  return receipt
}

/** Hints at another transaction, another address for the data, or an endpoint that would say yes. */
export const fakeHints: ValueMutation = (receipt, { random, world }) => {
  const other = random.pick(world.honest)
  put(receipt, ['hints'], {
    ...random.pick([{}, other.hints, { transactionHash: random.hex(32) }]),
    ...random.pick([{}, { uri: 'javascript:alert(1)' }, { uri: 'http://127.0.0.1:1/' }]),
    ...(random.chance(0.2) ? { rpc: 'http://127.0.0.1:1/' } : {}),
  })
  return receipt
}

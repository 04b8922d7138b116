import type { Json, ValueMutation } from './mutation.ts'
import { pickPlace } from './places.ts'

/** Values that hold each other twice: as text, 2^30 of them. */
function shared(): unknown {
  let value: unknown = 'x'
  for (let i = 0; i < 30; i++) value = [value, value]
  return value
}

function cyclic(receipt: Json): Json {
  receipt.log = receipt
  return receipt
}

/** No JSON at all, but what a program may hand over: getters, proxies, inherited members, types that JSON has not. */
export const liven: ValueMutation = (receipt, { random, base }) => {
  const honest = base.receipt
  const place = pickPlace(receipt, random)
  const replace = (value: unknown) => {
    if (place) place.holder[place.name] = value
    return receipt
  }
  return random.pick<() => unknown>([
    () => cyclic(receipt),
    () => replace(shared()),
    () => replace(new Array(4_000_000_000)),
    () => replace(new Uint8Array(5_000_000)),
    () => replace(10n),
    () => replace(Symbol('x')),
    () => replace(() => honest),
    () => replace(new Map([['a', 1]])),
    () => replace(new Date(0)),
    () => replace(new Date(NaN)),
    () => replace(Object(random.hex(32))),
    () => replace({ toJSON: () => random.hex(32) }),
    () => Object.create(honest) as unknown,
    () =>
      Object.assign(Object.create({ schema: honest.schema }) as Json, {
        ...receipt,
        schema: undefined,
      }),
    () => Object.assign(receipt, { toJSON: () => ({ ...receipt, schema: 'x' }) }),
    () => ({
      ...receipt,
      get batch() {
        throw new TypeError('no')
      },
    }),
    () =>
      new Proxy(receipt, {
        ownKeys: () => {
          throw new TypeError('no')
        },
      }),
    () =>
      new Proxy(receipt, {
        get: () => {
          throw new TypeError('no')
        },
      }),
    () =>
      new (class Receipt {
        batch = honest.batch
      })(),
    () => undefined,
    () => Symbol('receipt'),
    () => 1n,
    () => () => honest,
  ])()
}

/** Members that answer something else each time they are read: what was checked has to be what was read. */
export const changeful: ValueMutation = (receipt, { random, world }) => {
  const other = random.pick(world.honest).receipt
  const name = random.pick(Object.keys(other)) as keyof typeof other
  let reads = 0
  const limit = random.below(4)
  const value = receipt[name]
  return Object.defineProperty(receipt, name, {
    ...{ enumerable: true, configurable: true },
    get: () => (reads++ < limit ? value : other[name]),
  })
}

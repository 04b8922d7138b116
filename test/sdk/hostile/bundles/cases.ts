import type { HostileCase } from '../cases.ts'
import { createRandom, type Random } from '../../../contracts/support/random.ts'
import { bytesMutations, textMutations, valueMutations } from '../mutations/index.ts'
import type { Craft, Json } from '../mutations/mutation.ts'
import { at, listAt, put } from '../mutations/places.ts'
import type { World } from '../world/world.ts'
import { linesOf } from './lines.ts'
import { linesMutations } from './mutations.ts'

/** Something that is handed over as a bundle. */
export type HostileBundle = Pick<HostileCase, 'seed' | 'index' | 'mutations' | 'policy'> & {
  /** Whole, or in pieces that may end inside a character. */
  input: string | Uint8Array[]
  text: string
  /** Of which chain the client is. */
  chainId: string
}

/** Makes the bundle of a number; the same one each time. */
export async function makeBundle(
  world: World,
  seed: number,
  index: number,
): Promise<HostileBundle> {
  const random = createRandom(Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0xc2b2ae35))
  const base = random.pick(world.honest)
  const craft: Craft = { random, world, base }
  const mutations = ['bundle']
  const choose = <T>(from: Readonly<Record<string, T>>): T => {
    const name = random.pick(Object.keys(from))
    mutations.push(name)
    return from[name] as T
  }
  const receipts: unknown[] = []
  // Neighbours in the world are of one batch, mostly.
  const start = random.below(world.honest.length)
  const count = 1 + random.below(6)
  for (let i = 0; i < count; i++) {
    const honest = world.honest[(start + i) % world.honest.length]!
    let receipt: unknown = structuredClone(honest.receipt)
    if (random.chance(0.15)) {
      receipt = await choose(valueMutations)(receipt as Json, { ...craft, base: honest })
    }
    receipts.push(structuredClone(receipt))
  }
  if (random.chance(0.5)) exchange(receipts.filter(isObject), random, choose)
  let lines = linesOf(receipts.filter(isObject))
  if (random.chance(0.4)) lines = choose(linesMutations)(lines, craft)
  let text = lines.join('\n') + random.pick(['\n', '\n', '', '\n\n'])
  if (random.chance(0.15)) text = choose(textMutations)(text, craft)
  let bytes: Uint8Array = new TextEncoder().encode(text)
  const isBroken = random.chance(0.1)
  if (isBroken) bytes = choose(bytesMutations)(bytes, craft)
  const input = isBroken || random.chance(0.3) ? pieces(bytes, random.below(4_000) + 1) : text
  return {
    ...{ seed, index, mutations, input, chainId: base.receipt.log.chainId },
    // Bytes hold no half of a surrogate pair.
    text: typeof input === 'string' ? text : new TextDecoder().decode(bytes),
    policy: random.below(world.policies.length),
  }
}

/** Parts that receipts of one batch may have taken from each other: what is checked once for all of them is to notice. */
export const exchangedParts = {
  exchangeProof: 'batch.proof',
  exchangeInference: 'inference',
  exchangeFields: 'fields',
  exchangeMessages: 'messages',
  exchangeId: 'inferenceId',
}

function exchange(
  receipts: readonly Json[],
  random: Random,
  choose: (from: typeof exchangedParts) => string,
): void {
  if (receipts.length < 2) return
  const [one, other] = [random.pick(receipts), random.pick(receipts)]
  const path = choose(exchangedParts).split('.')
  const own = structuredClone(at(one, ...path))
  const foreign = structuredClone(at(other, ...path))
  if (path[1] !== 'proof' || random.chance(0.3)) {
    put(one, path, foreign)
    put(other, path, own)
    return
  }
  // A part of the way to the root alone, so that it begins as a way that was gone before.
  const [mine, theirs] = [listAt(one, ...path), listAt(other, ...path)]
  const i = random.below(Math.max(1, mine.length))
  const hash = random.chance(0.5) ? random.hex(32) : (theirs[i] ?? random.hex(32))
  put(
    one,
    path,
    random.pick([[...mine.slice(0, i), ...theirs.slice(i)], mine.toSpliced(i, 1, hash)]),
  )
}

function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / length)
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length))
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

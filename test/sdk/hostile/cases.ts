import { createRandom } from '../../contracts/support/random.ts'
import {
  bytesMutations,
  harmlessMutations,
  harmlessTextMutations,
  liveMutations,
  textMutations,
  valueMutations,
} from './mutations/index.ts'
import type { Craft, Json } from './mutations/mutation.ts'
import type { HonestReceipt, World } from './world/world.ts'

/** Something that is handed over as a receipt. */
export type HostileCase = {
  /** Of which run, and which one of it: enough to make it again. */
  seed: number
  index: number
  /** A text, or a value that a program would hand over. */
  input: unknown
  /** What was done to the honest receipt, in order. */
  mutations: string[]
  base: HonestReceipt
  /** Nothing was done by which it says anything else. */
  harmless: boolean
  /** Which of the world's policies it is judged by. */
  policy: number
}

/** Makes the case of a number; the same one each time. */
export async function makeCase(world: World, seed: number, index: number): Promise<HostileCase> {
  // Neighbouring numbers are to have nothing in common.
  const random = createRandom(Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x85ebca6b))
  const base = random.pick(world.honest)
  const craft: Craft = { random, world, base }
  const applied: string[] = []
  const choose = <T>(from: Record<string, T>): T => {
    const name = random.pick(Object.keys(from))
    applied.push(name)
    return from[name] as T
  }
  const done = (input: unknown, harmless = false): HostileCase => ({
    ...{ seed, index, input, mutations: applied, base, harmless },
    policy: random.below(world.policies.length),
  })

  let value: unknown = structuredClone(base.receipt)
  const level = random.weighted({ value: 60, text: 18, bytes: 6, live: 8, harmless: 8 })
  if (level === 'harmless') {
    for (let i = random.below(3); i >= 0; i--) {
      value = await choose(harmlessMutations)(value as Json, craft)
    }
    const text = JSON.stringify(value)
    return done(random.chance(0.5) ? choose(harmlessTextMutations)(text, craft) : text, true)
  }
  // What is written wrongly is worth more if something is wrong in what it says as well, and the other way round.
  const changes = level === 'value' ? random.pick([1, 1, 2, 3]) : random.below(2)
  for (let i = 0; i < changes; i++) {
    if (typeof value !== 'object' || value === null) break
    // A copy, as parts of the world may stand in it, which the next mutation is not to change.
    value = structuredClone(await choose(valueMutations)(value as Json, craft))
  }
  if (level === 'live') {
    return done(isObject(value) ? choose(liveMutations)(value, craft) : value)
  }
  // What stands in itself can be handed over, and not be written.
  if (isCircular(value)) return done(value)
  const text = JSON.stringify(value) as string | undefined
  if (level === 'value') return done(random.chance(0.5) ? value : text)
  const written = level === 'text' ? choose(textMutations)(text ?? '', craft) : (text ?? '')
  if (level === 'text') return done(written)
  const bytes = choose(bytesMutations)(new TextEncoder().encode(written), craft)
  return done(new TextDecoder().decode(bytes))
}

/** Whether an object stands in itself, at any depth. */
function isCircular(value: unknown, around: ReadonlySet<unknown> = new Set()): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (around.has(value)) return true
  const within = new Set([...around, value])
  return Object.values(value).some((part) => isCircular(part, within))
}

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null

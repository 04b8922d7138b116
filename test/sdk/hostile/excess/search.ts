import type { InferenceReceipt } from '@assay/sdk'
import type { Random } from '../../../contracts/support/random.ts'
import { type Excess, knownShapes, varied } from './shape.ts'

export type Found = { shape: Excess; ms: number }

/** How many of the slowest are varied further. */
const kept = 8

/**
 * Climbs towards what takes longest: varies the slowest shapes that were found so far, and keeps what is slower.
 *
 * @param ms - How long a shape takes.
 * @param seconds - When to stop.
 * @returns The slowest, slowest first, and how many were tried.
 */
export async function searchSlowest(
  honest: InferenceReceipt,
  random: Random,
  ms: (shape: Excess) => Promise<number>,
  seconds: number,
): Promise<{ slowest: Found[]; tried: number }> {
  const end = performance.now() + 1_000 * seconds
  let tried = 0
  let slowest: Found[] = []
  const add = async (shape: Excess) => {
    tried++
    slowest.push({ shape, ms: await ms(shape) })
    slowest = slowest.toSorted((a, b) => b.ms - a.ms).slice(0, kept)
  }
  for (const shape of knownShapes()) await add(shape)
  while (performance.now() < end) {
    const { shape } = random.pick(slowest)
    let other = varied(shape, honest, random)
    while (random.chance(0.4)) other = varied(other, honest, random)
    await add(other)
  }
  return { slowest, tried }
}

import type { SeededRandom } from './random.ts'

/** How the next token is chosen from the logits. */
export interface SamplingOptions {
  /** Zero takes the most likely token; larger values flatten the distribution. Range 0 to 2. */
  readonly temperature: number
  /** Only the most likely tokens that together have this probability are kept. Range (0, 1]. */
  readonly topP: number
}

/** Chooses a token id. Equal logits, options and random state give the equal choice. */
export function sampleToken(
  logits: Float32Array,
  { temperature, topP }: SamplingOptions,
  random: SeededRandom,
): number {
  if (temperature === 0) return mostLikely(logits)
  const peak = logits[mostLikely(logits)] ?? 0
  const candidates = Array.from(logits, (logit, id) => ({
    id,
    chance: Math.exp((logit - peak) / temperature),
  })).sort((a, b) => b.chance - a.chance || a.id - b.id)
  const total = candidates.reduce((sum, { chance }) => sum + chance, 0)

  const kept: typeof candidates = []
  let keptChance = 0
  for (const candidate of candidates) {
    kept.push(candidate)
    keptChance += candidate.chance
    if (keptChance >= topP * total) break
  }
  let rest = random.next() * keptChance
  for (const { id, chance } of kept) {
    rest -= chance
    if (rest < 0) return id
  }
  // Rounding can leave a sliver after the last candidate; it belongs to the most likely one.
  return mostLikely(logits)
}

function mostLikely(logits: Float32Array): number {
  let best = 0
  logits.forEach((logit, id) => {
    if (logit > (logits[best] ?? -Infinity)) best = id
  })
  return best
}

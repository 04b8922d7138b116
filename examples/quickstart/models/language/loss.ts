import type { SeededRandom } from '../../src/random.ts'
import type { Matrix } from '../training/matrix.ts'
import type { Step } from './lanes.ts'

/** Replaces a row of logits by its gradient and returns the row's weighted loss in nats. */
export function softmaxGradient(row: Matrix, step: Step, totalWeight: number): number {
  if (step.weight === 0) {
    row.fill(0)
    return 0
  }
  let peak = -Infinity
  for (const logit of row) if (logit > peak) peak = logit
  let sum = 0
  for (let i = 0; i < row.length; i++) sum += row[i] = Math.exp(row[i]! - peak)
  const scale = step.weight / totalWeight
  const loss = -step.weight * Math.log(row[step.target]! / sum + 1e-300)
  for (let i = 0; i < row.length; i++) row[i]! *= scale / sum
  row[step.target]! -= scale
  return loss
}

/** Zero with the given probability, else the factor that keeps the mean. */
export function dropoutMask(size: number, probability: number, random: SeededRandom): Matrix {
  const keep = 1 / (1 - probability)
  return Float64Array.from({ length: size }, () => (random.next() < probability ? 0 : keep))
}

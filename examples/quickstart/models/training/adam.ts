import type { SeededRandom } from '../../src/random.ts'
import type { Matrix } from './matrix.ts'

/** A trained array together with its gradient and its Adam moments. */
export class Parameter {
  readonly value: Matrix
  readonly gradient: Matrix
  readonly #mean: Matrix
  readonly #variance: Matrix

  constructor(value: Matrix) {
    this.value = value
    this.gradient = new Float64Array(value.length)
    this.#mean = new Float64Array(value.length)
    this.#variance = new Float64Array(value.length)
  }

  /** Normal numbers with the given standard deviation. */
  static normal(size: number, deviation: number, random: SeededRandom): Parameter {
    return new Parameter(Float64Array.from({ length: size }, () => random.normal() * deviation))
  }

  static zeros(size: number): Parameter {
    return new Parameter(new Float64Array(size))
  }

  /** One Adam update; clears the gradient. `step` counts from 1. */
  update(rate: number, step: number, gradientScale: number): void {
    const meanCorrection = 1 - 0.9 ** step
    const varianceCorrection = 1 - 0.999 ** step
    const { value, gradient } = this
    const mean = this.#mean
    const variance = this.#variance
    for (let i = 0; i < value.length; i++) {
      const slope = gradient[i]! * gradientScale
      mean[i] = 0.9 * mean[i]! + 0.1 * slope
      variance[i] = 0.999 * variance[i]! + 0.001 * slope * slope
      const spread = Math.sqrt(variance[i]! / varianceCorrection) + 1e-8
      value[i]! -= (rate * mean[i]!) / meanCorrection / spread
    }
    gradient.fill(0)
  }
}

/** Updates all parameters, with the joint gradient clipped to the length `maxNorm`. */
export function updateAll(
  parameters: readonly Parameter[],
  rate: number,
  step: number,
  maxNorm: number,
): void {
  let squares = 0
  for (const { gradient } of parameters) {
    for (let i = 0; i < gradient.length; i++) squares += gradient[i]! * gradient[i]!
  }
  const norm = Math.sqrt(squares)
  const scale = norm > maxNorm ? maxNorm / norm : 1
  for (const parameter of parameters) parameter.update(rate, step, scale)
}

import type { SeededRandom } from '../../src/random.ts'
import { Parameter } from '../training/adam.ts'
import {
  addProduct,
  addRowSums,
  addTransposedProduct,
  repeatRow,
  sigmoid,
  transpose,
  type Matrix,
} from '../training/matrix.ts'

/** One fully connected layer. */
interface Layer {
  readonly inputs: number
  readonly outputs: number
  /** [inputs, outputs] */
  readonly weights: Parameter
  readonly bias: Parameter
}

/** A multilayer perceptron with tanh between the layers and a sigmoid at the end. */
export class Perceptron {
  readonly layers: readonly Layer[]

  /** @param sizes width of the input, of each hidden layer and of the output */
  constructor(sizes: readonly number[], random: SeededRandom) {
    this.layers = sizes.slice(1).map((outputs, index) => {
      const inputs = sizes[index]!
      const weights = Parameter.normal(inputs * outputs, inputs ** -0.5, random)
      return { inputs, outputs, weights, bias: Parameter.zeros(outputs) }
    })
  }

  get parameters(): Parameter[] {
    return this.layers.flatMap(({ weights, bias }) => [weights, bias])
  }

  /** Adds the gradient of the mean cross-entropy of a batch; returns the loss in nats. */
  accumulate(batch: Matrix, labels: readonly boolean[]): number {
    const rows = labels.length
    const values = [batch]
    this.layers.forEach((layer, index) => {
      const out = repeatRow(layer.bias.value, rows)
      addProduct(out, values[index]!, layer.weights.value, rows, layer.inputs, layer.outputs)
      values.push(index + 1 < this.layers.length ? out.map(Math.tanh) : out.map(sigmoid))
    })
    const risks = values.at(-1)!
    let loss = 0
    let slope: Matrix = new Float64Array(rows)
    labels.forEach((isFraud, row) => {
      const risk = risks[row]!
      loss -= Math.log(isFraud ? risk : 1 - risk) / rows
      slope[row] = (risk - Number(isFraud)) / rows
    })
    for (let index = this.layers.length - 1; index >= 0; index--) {
      const { weights, bias, inputs, outputs } = this.layers[index]!
      const below = values[index]!
      addTransposedProduct(weights.gradient, below, slope, rows, inputs, outputs)
      addRowSums(bias.gradient, slope, rows, outputs)
      const next = new Float64Array(rows * inputs)
      addProduct(next, slope, transpose(weights.value, inputs, outputs), rows, outputs, inputs)
      slope = next.map((value, i) => value * (1 - below[i]! ** 2))
    }
    return loss
  }
}

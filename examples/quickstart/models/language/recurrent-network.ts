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
import type { Step } from './lanes.ts'
import { dropoutMask, softmaxGradient } from './loss.ts'

/** Sizes of the network. */
export interface NetworkShape {
  /** Number of tokens. */
  readonly vocabulary: number
  /** Length of a token's embedding, shared by the input and the output layer. */
  readonly embedding: number
  /** Length of the recurrent state. */
  readonly hidden: number
}

/**
 * A language model of one gated recurrent layer (GRU) with tied embeddings:
 *
 *     x  = E[token]
 *     r  = σ(x·Wr + h·Ur)   z = σ(x·Wz + h·Uz)   n = tanh(x·Wn + r ∘ (h·Un))
 *     h' = n + z ∘ (h − n)
 *     logits = (h'·P) · Eᵀ
 *
 * with a bias after every product. `inputWeights` holds Wr, Wz, Wn side by side, and
 * `stateWeights` Ur, Uz, Un.
 */
export class RecurrentNetwork {
  readonly shape: NetworkShape
  readonly embeddings: Parameter
  readonly inputWeights: Parameter
  readonly inputBias: Parameter
  readonly stateWeights: Parameter
  readonly stateBias: Parameter
  readonly projection: Parameter
  readonly projectionBias: Parameter
  readonly outputBias: Parameter

  constructor(shape: NetworkShape, random: SeededRandom) {
    const { vocabulary, embedding, hidden } = shape
    this.shape = shape
    this.embeddings = Parameter.normal(vocabulary * embedding, 0.1, random)
    this.inputWeights = Parameter.normal(embedding * 3 * hidden, embedding ** -0.5, random)
    this.inputBias = Parameter.zeros(3 * hidden)
    // An open update gate carries the question through the answer from the first epoch on.
    this.inputBias.value.fill(1, hidden, 2 * hidden)
    this.stateWeights = Parameter.normal(hidden * 3 * hidden, hidden ** -0.5, random)
    this.stateBias = Parameter.zeros(3 * hidden)
    this.projection = Parameter.normal(hidden * embedding, hidden ** -0.5, random)
    this.projectionBias = Parameter.zeros(embedding)
    this.outputBias = Parameter.zeros(vocabulary)
  }

  get parameters(): Parameter[] {
    return [
      this.embeddings,
      this.inputWeights,
      this.inputBias,
      this.stateWeights,
      this.stateBias,
      this.projection,
      this.projectionBias,
      this.outputBias,
    ]
  }

  /**
   * Runs the lanes forward over `steps` (time-major: `steps[t * lanes + lane]`), adds the gradient
   * of the mean weighted cross-entropy to the parameters and returns the loss sums. `state`
   * [lanes, hidden] is carried on in place; gradients do not cross the call (truncated BPTT).
   */
  accumulate(
    steps: readonly Step[],
    state: Matrix,
    dropout: number,
    random: SeededRandom,
  ): { loss: number; weight: number } {
    const { embedding: D, hidden: H } = this.shape
    const lanes = state.length / H
    const rows = steps.length
    const inputMask = dropoutMask(rows * D, dropout / 2, random)
    const outputMask = dropoutMask(rows * H, dropout, random)

    const x = new Float64Array(rows * D)
    steps.forEach(({ token }, row) => {
      for (let i = 0; i < D; i++) {
        x[row * D + i] = this.embeddings.value[token * D + i]! * inputMask[row * D + i]!
      }
    })
    const fromInput = repeatRow(this.inputBias.value, rows)
    addProduct(fromInput, x, this.inputWeights.value, rows, D, 3 * H)

    const tape = this.#unroll(steps, state, fromInput, lanes)
    const dropped = tape.next.map((value, i) => value * outputMask[i]!)
    const { dDropped, ...sums } = this.#output(steps, dropped)
    const dNext = dDropped.map((value, i) => value * outputMask[i]!)

    const { dInput, dState } = this.#backThroughTime(steps, tape, dNext, lanes)
    addTransposedProduct(this.inputWeights.gradient, x, dInput, rows, D, 3 * H)
    addRowSums(this.inputBias.gradient, dInput, rows, 3 * H)
    addTransposedProduct(this.stateWeights.gradient, tape.previous, dState, rows, H, 3 * H)
    addRowSums(this.stateBias.gradient, dState, rows, 3 * H)
    const dx = new Float64Array(rows * D)
    addProduct(dx, dInput, transpose(this.inputWeights.value, D, 3 * H), rows, 3 * H, D)
    steps.forEach(({ token }, row) => {
      for (let i = 0; i < D; i++) {
        this.embeddings.gradient[token * D + i]! += dx[row * D + i]! * inputMask[row * D + i]!
      }
    })
    return sums
  }

  /** The recurrent part, forward: fills the tape that the backward pass reads. */
  #unroll(steps: readonly Step[], state: Matrix, fromInput: Matrix, lanes: number): Tape {
    const H = this.shape.hidden
    const size = steps.length * H
    const tape: Tape = {
      previous: new Float64Array(size),
      next: new Float64Array(size),
      reset: new Float64Array(size),
      update: new Float64Array(size),
      candidate: new Float64Array(size),
      stateCandidate: new Float64Array(size),
    }
    for (let first = 0; first < steps.length; first += lanes) {
      for (let lane = 0; lane < lanes; lane++) {
        if (steps[first + lane]!.reset) state.fill(0, lane * H, (lane + 1) * H)
      }
      tape.previous.set(state, first * H)
      const fromState = repeatRow(this.stateBias.value, lanes)
      addProduct(fromState, state, this.stateWeights.value, lanes, H, 3 * H)
      for (let lane = 0; lane < lanes; lane++) {
        const gate = lane * 3 * H
        const input = (first + lane) * 3 * H
        for (let i = 0; i < H; i++) {
          const at = (first + lane) * H + i
          const r = sigmoid(fromInput[input + i]! + fromState[gate + i]!)
          const z = sigmoid(fromInput[input + H + i]! + fromState[gate + H + i]!)
          const u = fromState[gate + 2 * H + i]!
          const n = Math.tanh(fromInput[input + 2 * H + i]! + r * u)
          const h = n + z * (state[lane * H + i]! - n)
          tape.reset[at] = r
          tape.update[at] = z
          tape.stateCandidate[at] = u
          tape.candidate[at] = n
          tape.next[at] = h
          state[lane * H + i] = h
        }
      }
    }
    return tape
  }

  /** The output layer, forward and backward in one go. */
  #output(steps: readonly Step[], states: Matrix) {
    const { embedding: D, hidden: H, vocabulary: V } = this.shape
    const rows = steps.length
    const y = repeatRow(this.projectionBias.value, rows)
    addProduct(y, states, this.projection.value, rows, H, D)
    const logits = repeatRow(this.outputBias.value, rows)
    addProduct(logits, y, transpose(this.embeddings.value, V, D), rows, D, V)
    const weight = steps.reduce((sum, step) => sum + step.weight, 0)
    let loss = 0
    steps.forEach((step, row) => {
      loss += softmaxGradient(logits.subarray(row * V, (row + 1) * V), step, weight)
    })

    addTransposedProduct(this.embeddings.gradient, logits, y, rows, V, D)
    addRowSums(this.outputBias.gradient, logits, rows, V)
    const dy = new Float64Array(rows * D)
    addProduct(dy, logits, this.embeddings.value, rows, V, D)
    addTransposedProduct(this.projection.gradient, states, dy, rows, H, D)
    addRowSums(this.projectionBias.gradient, dy, rows, D)
    const dDropped = new Float64Array(rows * H)
    addProduct(dDropped, dy, transpose(this.projection.value, H, D), rows, D, H)
    return { loss, weight, dDropped }
  }

  /** The recurrent part, backward: gradients of what the gates got from the input and the state. */
  #backThroughTime(steps: readonly Step[], tape: Tape, dNext: Matrix, lanes: number) {
    const H = this.shape.hidden
    const dInput = new Float64Array(steps.length * 3 * H)
    const dState = new Float64Array(steps.length * 3 * H)
    const stateWeightsTransposed = transpose(this.stateWeights.value, H, 3 * H)
    let carried = new Float64Array(lanes * H)
    for (let first = steps.length - lanes; first >= 0; first -= lanes) {
      const dPrevious = new Float64Array(lanes * H)
      for (let lane = 0; lane < lanes; lane++) {
        const gate = (first + lane) * 3 * H
        for (let i = 0; i < H; i++) {
          const at = (first + lane) * H + i
          const r = tape.reset[at]!
          const z = tape.update[at]!
          const n = tape.candidate[at]!
          const dh = dNext[at]! + carried[lane * H + i]!
          const dn = dh * (1 - z) * (1 - n * n)
          const dz = dh * (tape.previous[at]! - n) * z * (1 - z)
          const dr = dn * tape.stateCandidate[at]! * r * (1 - r)
          dInput[gate + i] = dState[gate + i] = dr
          dInput[gate + H + i] = dState[gate + H + i] = dz
          dInput[gate + 2 * H + i] = dn
          dState[gate + 2 * H + i] = dn * r
          dPrevious[lane * H + i] = dh * z
        }
      }
      const gates = dState.subarray(first * 3 * H, (first + lanes) * 3 * H)
      addProduct(dPrevious, gates, stateWeightsTransposed, lanes, 3 * H, H)
      for (let lane = 0; lane < lanes; lane++) {
        if (steps[first + lane]!.reset) dPrevious.fill(0, lane * H, (lane + 1) * H)
      }
      carried = dPrevious
    }
    return { dInput, dState }
  }
}

/** What the forward pass remembers of each step, [steps, hidden] each. */
interface Tape {
  readonly previous: Matrix
  readonly next: Matrix
  readonly reset: Matrix
  readonly update: Matrix
  readonly candidate: Matrix
  readonly stateCandidate: Matrix
}

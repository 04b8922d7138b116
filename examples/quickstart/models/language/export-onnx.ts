import { OnnxGraph } from '../training/onnx-graph.ts'
import type { RecurrentNetwork } from './recurrent-network.ts'

/**
 * Writes the trained network as an ONNX graph that reads one token per run:
 * `token` int64[1] and `state` float32[1, hidden] in, `logits` float32[1, vocabulary] and
 * `next_state` float32[1, hidden] out.
 */
export function exportOnnx(network: RecurrentNetwork): Uint8Array {
  const { vocabulary: V, embedding: D, hidden: H } = network.shape
  const graph = new OnnxGraph('assay_quickstart_lm')
  const token = graph.input('token', 'int64', [1])
  const state = graph.input('state', 'float32', [1, H])

  const embeddings = graph.weight('embeddings', network.embeddings.value, [V, D])
  const inputWeights = graph.weight('input_weights', network.inputWeights.value, [D, 3 * H])
  const inputBias = graph.weight('input_bias', network.inputBias.value, [3 * H])
  const stateWeights = graph.weight('state_weights', network.stateWeights.value, [H, 3 * H])
  const stateBias = graph.weight('state_bias', network.stateBias.value, [3 * H])
  const projection = graph.weight('projection', network.projection.value, [H, D])
  const projectionBias = graph.weight('projection_bias', network.projectionBias.value, [D])
  const outputBias = graph.weight('output_bias', network.outputBias.value, [V])
  const thirds = graph.integers('thirds', [H, H, H])

  graph.node('Gather', [embeddings, token], ['x'], { axis: 0 })
  graph.node('Gemm', ['x', inputWeights, inputBias], ['from_input'])
  graph.node('Gemm', [state, stateWeights, stateBias], ['from_state'])
  graph.node('Split', ['from_input', thirds], ['input_reset', 'input_update', 'input_candidate'], {
    axis: 1,
  })
  graph.node('Split', ['from_state', thirds], ['state_reset', 'state_update', 'state_candidate'], {
    axis: 1,
  })
  graph.node('Add', ['input_reset', 'state_reset'], ['reset_sum'])
  graph.node('Sigmoid', ['reset_sum'], ['reset'])
  graph.node('Add', ['input_update', 'state_update'], ['update_sum'])
  graph.node('Sigmoid', ['update_sum'], ['update'])
  graph.node('Mul', ['reset', 'state_candidate'], ['kept_candidate'])
  graph.node('Add', ['input_candidate', 'kept_candidate'], ['candidate_sum'])
  graph.node('Tanh', ['candidate_sum'], ['candidate'])
  graph.node('Sub', [state, 'candidate'], ['distance'])
  graph.node('Mul', ['update', 'distance'], ['held_back'])
  graph.node('Add', ['candidate', 'held_back'], ['next_state'])
  graph.node('Gemm', ['next_state', projection, projectionBias], ['y'])
  graph.node('Gemm', ['y', embeddings, outputBias], ['logits'], { transB: 1 })

  graph.output('logits', 'float32', [1, V])
  graph.output('next_state', 'float32', [1, H])
  return graph.encode()
}

import { TRANSACTION_FIELDS } from '../../src/transaction.ts'
import { OnnxGraph } from '../training/onnx-graph.ts'
import {
  columnsOf,
  LOGARITHMIC,
  PLAIN,
  TRANSFORMED,
  type Normalisation,
} from './feature-pipeline.ts'
import type { Perceptron } from './network.ts'

/**
 * Writes the whole scorer as one ONNX graph, from raw features to the probability: `features`
 * float32[n, 10] in, `risk` float32[n, 1] out. Logarithms, the angle of the hour and the
 * normalisation are nodes of the graph, so that nothing is computed outside of what is hashed.
 */
export function exportOnnx(
  network: Perceptron,
  { means, inverseDeviations }: Normalisation,
): Uint8Array {
  const graph = new OnnxGraph('assay_quickstart_risk')
  const features = graph.input('features', 'float32', ['n', TRANSACTION_FIELDS.length])
  const pick = (name: string, fields: Parameters<typeof columnsOf>[0]) => {
    const columns = graph.integers(`${name}_columns`, columnsOf(fields))
    graph.node('Gather', [features, columns], [name], { axis: 1 })
  }

  pick('magnitudes', LOGARITHMIC)
  graph.node('Add', ['magnitudes', graph.weight('one', [1], [1])], ['shifted'])
  graph.node('Log', ['shifted'], ['logarithms'])
  pick('hour', ['hourOfDay'])
  graph.node('Mul', ['hour', graph.weight('hour_angle', [(2 * Math.PI) / 24], [1])], ['angle'])
  graph.node('Sin', ['angle'], ['sine'])
  graph.node('Cos', ['angle'], ['cosine'])
  pick('plain', PLAIN)
  graph.node('Concat', ['logarithms', 'sine', 'cosine', 'plain'], ['transformed'], { axis: 1 })
  graph.node('Sub', ['transformed', graph.weight('means', means, [TRANSFORMED])], ['centred'])
  const scale = graph.weight('inverse_deviations', inverseDeviations, [TRANSFORMED])
  graph.node('Mul', ['centred', scale], ['layer_0'])

  network.layers.forEach(({ inputs, outputs, weights, bias }, index) => {
    const number = index + 1
    const w = graph.weight(`weights_${number}`, weights.value, [inputs, outputs])
    const b = graph.weight(`bias_${number}`, bias.value, [outputs])
    graph.node('Gemm', [`layer_${index}`, w, b], [`sum_${number}`])
    const isLast = number === network.layers.length
    if (isLast) graph.node('Sigmoid', [`sum_${number}`], ['risk'])
    else graph.node('Tanh', [`sum_${number}`], [`layer_${number}`])
  })
  graph.output('risk', 'float32', ['n', 1])
  return graph.encode()
}

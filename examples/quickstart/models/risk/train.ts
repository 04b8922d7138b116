/**
 * Trains the risk model on made-up transactions, writes `files/risk.onnx` and
 * `files/features.json`, and measures the written file on transactions it has not seen. One thread,
 * seeded: the same build of Node gives the same bytes.
 *
 *     node models/risk/train.ts
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { SeededRandom } from '../../src/random.ts'
import { loadRiskModel } from '../../src/risk-model.ts'
import { TRANSACTION_FIELDS } from '../../src/transaction.ts'
import { updateAll } from '../training/adam.ts'
import { exportOnnx } from './export-onnx.ts'
import { FEATURE_DESCRIPTIONS } from './feature-descriptions.ts'
import { normalisationOf, transform, TRANSFORMED } from './feature-pipeline.ts'
import { areaUnderCurve, brierScore, calibrationBins, calibrationError } from './metrics.ts'
import { Perceptron } from './network.ts'
import { drawTransaction, type LabelledTransaction } from './synthetic-transactions.ts'

const SEED = 7_301
const TRAINING_SIZE = 40_000
const HELD_OUT_SIZE = 10_000
const EPOCHS = 12
const BATCH = 64
const PEAK_RATE = 3e-3

const files = new URL('files/', import.meta.url)
const random = new SeededRandom(SEED)
const draw = (size: number) => Array.from({ length: size }, () => drawTransaction(random))
const training = draw(TRAINING_SIZE)
const heldOut = draw(HELD_OUT_SIZE)

const rows = training.map(({ transaction }) => transform(transaction))
const normalisation = normalisationOf(rows)
const { means, inverseDeviations } = normalisation
const examples = training.map(({ isFraud }, index) => ({
  isFraud,
  inputs: rows[index]!.map((value, i) => (value - means[i]!) * inverseDeviations[i]!),
}))
const network = new Perceptron([TRANSFORMED, 32, 16, 1], random)
train()

const features = TRANSACTION_FIELDS.map((name) => ({ name, ...FEATURE_DESCRIPTIONS[name] }))
await mkdir(files, { recursive: true })
await writeFile(new URL('risk.onnx', files), exportOnnx(network, normalisation))
await writeFile(
  new URL('features.json', files),
  `${JSON.stringify({ version: 1, input: 'features', features }, null, 2)}\n`,
)
await report(heldOut)

function train(): void {
  const updates = EPOCHS * Math.floor(TRAINING_SIZE / BATCH)
  let update = 0
  for (let epoch = 1; epoch <= EPOCHS; epoch++) {
    random.shuffle(examples)
    let loss = 0
    for (let first = 0; first + BATCH <= examples.length; first += BATCH) {
      const batch = examples.slice(first, first + BATCH)
      const inputs = Float64Array.from(batch.flatMap((example) => example.inputs))
      const labels = batch.map(({ isFraud }) => isFraud)
      loss += (network.accumulate(inputs, labels) * BATCH) / TRAINING_SIZE
      const rate = PEAK_RATE * Math.cos((update / updates) * (Math.PI / 2)) ** 2
      updateAll(network.parameters, rate, ++update, 1)
    }
    console.log(`epoch ${epoch}: training loss ${loss.toFixed(4)} nats`)
  }
}

async function report(transactions: readonly LabelledTransaction[]): Promise<void> {
  const model = await loadRiskModel()
  const scores: number[] = []
  for (const { transaction } of transactions) scores.push((await model.score(transaction)).risk)
  const labels = transactions.map(({ isFraud }) => isFraud)
  const truths = transactions.map(({ truth }) => truth)
  const bins = calibrationBins(scores, labels)
  console.log(`held out: ${labels.length} transactions, ${labels.filter(Boolean).length} fraud`)
  console.log(`AUC ${areaUnderCurve(scores, labels).toFixed(4)}`)
  console.log(`AUC of the labelling process itself ${areaUnderCurve(truths, labels).toFixed(4)}`)
  console.log(`Brier score ${brierScore(scores, labels).toFixed(4)}`)
  console.log(`calibration error ${calibrationError(bins).toFixed(4)} over ten bins:`)
  for (const { predicted, observed } of bins) {
    console.log(`  predicted ${predicted.toFixed(4)}  observed ${observed.toFixed(4)}`)
  }
  await model.close()
}

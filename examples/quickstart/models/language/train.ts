/**
 * Trains the example's language model from `corpus.txt` and writes `files/language.onnx` and
 * `files/vocabulary.json`. One thread, seeded: the same build of Node gives the same bytes.
 *
 *     node models/language/train.ts
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { SeededRandom } from '../../src/random.ts'
import { Tokenizer } from '../../src/tokenizer.ts'
import { updateAll } from '../training/adam.ts'
import { readCorpus } from './corpus.ts'
import { exportOnnx } from './export-onnx.ts'
import { dealLanes, PADDING } from './lanes.ts'
import { learnVocabulary } from './learn-vocabulary.ts'
import { RecurrentNetwork } from './recurrent-network.ts'

const SEED = 20_240_607
const VOCABULARY_SIZE = 512
const EPOCHS = 24
const LANES = 8
const STEPS_PER_UPDATE = 48
const PEAK_RATE = 3e-3
const DROPOUT = 0.3

const files = new URL('files/', import.meta.url)
const random = new SeededRandom(SEED)
const corpus = await readCorpus(new URL('corpus.txt', import.meta.url))
const vocabulary = learnVocabulary(corpus, VOCABULARY_SIZE)
const tokenizer = new Tokenizer(vocabulary)
const network = new RecurrentNetwork(
  { vocabulary: tokenizer.size, embedding: 96, hidden: 168 },
  random,
)
const weights = network.parameters.reduce((sum, { value }) => sum + value.length, 0)
console.log(`${tokenizer.size} tokens, ${weights} weights`)

let update = 0
for (let epoch = 1; epoch <= EPOCHS; epoch++) {
  const started = performance.now()
  const lanes = dealLanes(corpus, tokenizer, LANES, random)
  const length = Math.max(...lanes.map((lane) => lane.length))
  const state = new Float64Array(LANES * network.shape.hidden)
  let loss = 0
  let weight = 0
  for (let first = 0; first < length; first += STEPS_PER_UPDATE) {
    const steps = Array.from(
      { length: STEPS_PER_UPDATE * LANES },
      (_, i) => lanes[i % LANES]![first + Math.floor(i / LANES)] ?? PADDING,
    )
    const sums = network.accumulate(steps, state, DROPOUT, random)
    loss += sums.loss
    weight += sums.weight
    update++
    const progress = (epoch - 1 + first / length) / EPOCHS
    const rate =
      PEAK_RATE * Math.min(1, update / 50) * (0.02 + 0.98 * Math.cos((progress * Math.PI) / 2) ** 2)
    updateAll(network.parameters, rate, update, 1)
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  console.log(`epoch ${epoch}: training loss ${(loss / weight).toFixed(3)} nats, ${seconds} s`)
}

await mkdir(files, { recursive: true })
await writeFile(new URL('language.onnx', files), exportOnnx(network))
await writeFile(new URL('vocabulary.json', files), `${JSON.stringify(vocabulary)}\n`)

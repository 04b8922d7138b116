/**
 * Measures the written model on the text it has seen (`corpus.txt`) and on questions and answers it
 * has not (`held-out.txt`): perplexity per answer token and bits per character of the answer, and
 * the speed of the runtime.
 *
 *     node models/language/measure.ts
 */
import { loadLanguageModel, type ModelStep } from '../../src/language-model.ts'
import { SPECIAL } from '../../src/tokenizer.ts'
import { readCorpus } from './corpus.ts'

const model = await loadLanguageModel()
for (const name of ['corpus.txt', 'held-out.txt']) {
  const { topics } = await readCorpus(new URL(name, import.meta.url))
  let nats = 0
  let tokens = 0
  let characters = 0
  for (const { questions, answers } of topics) {
    for (const question of questions) {
      for (const answer of answers) {
        const asked = [...model.tokenizer.encodeTurn('user', question), SPECIAL.assistant]
        const answered = model.tokenizer.encodeTurn('assistant', answer).slice(1)
        let current: ModelStep | undefined
        for (const id of asked) current = await model.step(id, current?.state)
        for (const id of answered) {
          nats -= logProbability(current!.logits, id)
          current = await model.step(id, current!.state)
        }
        tokens += answered.length
        characters += answer.length + 1
      }
    }
  }
  const perplexity = Math.exp(nats / tokens).toFixed(2)
  const bits = (nats / Math.LN2 / characters).toFixed(2)
  console.log(`${name}: perplexity ${perplexity} per token, ${bits} bits per character`)
}

const RUNS = 5_000
const started = performance.now()
let state: Float32Array | undefined
for (let run = 0; run < RUNS; run++) {
  state = (await model.step(run % model.tokenizer.size, state)).state
}
const seconds = (performance.now() - started) / 1000
console.log(`${Math.round(RUNS / seconds)} tokens per second, one thread`)
await model.close()

function logProbability(logits: Float32Array, id: number): number {
  const peak = Math.max(...logits)
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - peak), 0)
  return logits[id]! - peak - Math.log(sum)
}

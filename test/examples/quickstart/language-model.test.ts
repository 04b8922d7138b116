import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  GenerationAbortedError,
  InvalidGenerationOptionError,
  ModelFileError,
} from '../../../examples/quickstart/src/errors.ts'
import type { GenerationOptions } from '../../../examples/quickstart/src/generation-options.ts'
import {
  loadLanguageModel,
  type GenerationEvent,
  type LanguageModel,
} from '../../../examples/quickstart/src/language-model.ts'

const nowhere = new URL('file:///nowhere/')

describe('language model', () => {
  let model: LanguageModel

  beforeAll(async () => {
    model = await loadLanguageModel()
  })
  afterAll(() => model.close())

  async function run(options: GenerationOptions): Promise<{
    text: string
    end: GenerationEvent & { type: 'end' }
    tokens: number[]
  }> {
    let text = ''
    const tokens: number[] = []
    for await (const event of model.generate(options)) {
      text += event.text
      if (event.type === 'end') return { text, end: event, tokens }
      tokens.push(event.id)
    }
    throw new TypeError('the generation has no end')
  }
  const ask = (content: string, options: GenerationOptions = {}) =>
    run({ messages: [{ role: 'user', content }], temperature: 0, ...options })

  test('answers in words that fit the question', async () => {
    expect((await ask('What is a Merkle tree?')).text).toMatch(/hash/u)
    expect((await ask('Why was my payment declined?')).text).toMatch(/payee|risk/u)
  })

  test('repeats an answer for a seed and varies it between seeds', async () => {
    const sampled = (seed: number) =>
      run({ prompt: 'A tree of', temperature: 1.3, topP: 0.95, seed, maxTokens: 40 })
    expect(await sampled(7)).toEqual(await sampled(7))
    const texts = await Promise.all(
      [1, 2, 3, 2 ** 40].map(async (seed) => (await sampled(seed)).text),
    )
    expect(new Set(texts).size).toBeGreaterThan(1)
  })

  test('answers different prompts differently', async () => {
    expect((await ask('What is a seed?')).text).not.toBe((await ask('What is gas?')).text)
  })

  test('reads its state', async () => {
    const token = model.tokenizer.encode(' hash')[0]!
    const fresh = await model.step(token)
    const later = await model.step(token, fresh.state)
    expect(fresh.logits).toHaveLength(model.tokenizer.size)
    expect(later.logits).not.toEqual(fresh.logits)
    expect((await model.step(token)).logits).toEqual(fresh.logits)
  })

  test('counts tokens and obeys the limit', async () => {
    const { tokens, end } = await ask('What is a hash?', { maxTokens: 5 })
    expect(tokens).toHaveLength(5)
    expect(end).toMatchObject({ finishReason: 'length', completionTokens: 5 })
    const turn = model.tokenizer.encodeTurn('user', 'What is a hash?')
    expect(end.promptTokens).toBe(turn.length + 1)
    expect((await ask('What is a hash?')).end.finishReason).toBe('stop')
  })

  test('ends before a stop text, even one that spans tokens', async () => {
    const { text } = await ask('What is a hash?')
    const stop = text.slice(7, 19)
    const stopped = await ask('What is a hash?', { stop: ['never', stop] })
    expect(stopped.text).toBe(text.slice(0, 7))
    expect(stopped.end.finishReason).toBe('stop')
  })

  test('stops when its caller aborts', async () => {
    const controller = new AbortController()
    let seen = 0
    const generation = (async () => {
      const messages = [{ role: 'user', content: 'What is a hash?' }] as const
      for await (const event of model.generate({ messages, signal: controller.signal })) {
        if (event.type === 'token' && ++seen === 3) controller.abort()
      }
    })()
    await expect(generation).rejects.toThrow(GenerationAbortedError)
    expect(seen).toBe(3)
  })

  test.each<[string, GenerationOptions]>([
    ['prompt', {}],
    ['prompt', { prompt: 'a', messages: [] }],
    ['messages', { messages: [] }],
    ['prompt', { prompt: 'word '.repeat(5_000) }],
    ['maxTokens', { prompt: 'a', maxTokens: 0 }],
    ['temperature', { prompt: 'a', temperature: 2.1 }],
    ['topP', { prompt: 'a', topP: 0 }],
    ['seed', { prompt: 'a', seed: 0.5 }],
    ['stop', { prompt: 'a', stop: [''] }],
  ])('refuses a wrong %s at once', (option, options) => {
    expect(() => model.generate(options)).toThrow(InvalidGenerationOptionError)
    expect(() => model.generate(options)).toThrow(expect.objectContaining({ option }))
  })

  test('encodes any text and decodes what it knows', () => {
    const text = 'Hashes & roots: 100% {checked}!'
    const ids = model.tokenizer.encode(text)
    expect(ids.map((id) => model.tokenizer.piece(id)).join('')).toBe(text)
    expect(model.tokenizer.encode('é')).toEqual([0])
    // A role marker inside a message does not become a turn.
    expect(model.tokenizer.encodeTurn('user', 'A: yes\nQ: no').filter((id) => id === 4)).toEqual([])
  })

  test('names the file that is missing', async () => {
    await expect(loadLanguageModel(nowhere)).rejects.toThrow(ModelFileError)
  })
})

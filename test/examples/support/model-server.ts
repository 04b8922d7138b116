import OpenAI, { type ClientOptions } from 'openai'
import {
  type GenerationEvent,
  type LanguageModel,
  loadLanguageModel,
} from '../../../examples/quickstart/src/language-model.ts'
import { createOpenAiApp } from '../../../examples/quickstart/src/openai-server.ts'

export const MODEL = 'assay-quickstart-lm'
export const question = {
  model: MODEL,
  messages: [{ role: 'user' as const, content: 'What is verifiable inference?' }],
  temperature: 0,
}

/** The quickstart's server, and clients of it. To be closed after the tests. */
export type ModelServer = {
  model: LanguageModel
  /** How many steps the model has made since it was loaded. */
  steps: () => number
  /** @param apiKey - The one that the server asks for. Default: none. */
  client: (options?: ClientOptions, apiKey?: string) => OpenAI
  close: () => Promise<void> | void
}

export async function startModelServer(): Promise<ModelServer> {
  const loaded = await loadLanguageModel()
  let steps = 0
  async function* counted(events: AsyncIterable<GenerationEvent>) {
    for await (const event of events) {
      steps++
      yield event
    }
  }
  const model: LanguageModel = {
    ...loaded,
    generate: (options) => counted(loaded.generate(options)),
  }
  return {
    model,
    steps: () => steps,
    client(options = {}, apiKey) {
      const app = createOpenAiApp({ model, ...(apiKey !== undefined && { apiKey }) })
      return new OpenAI({
        apiKey: 'any',
        baseURL: 'http://quickstart.test/v1',
        maxRetries: 0,
        fetch: async (url, init) => app.fetch(new Request(url, init)),
        ...options,
      })
    },
    close: () => model.close(),
  }
}

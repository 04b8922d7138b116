import type { Recorder } from '@assay/sdk'
import type OpenAI from 'openai'
import type { Hex } from 'viem'
import { PROMPTS } from './prompts.ts'
import { loadRiskModel } from './risk-model.ts'
import { SAMPLE_TRANSACTIONS } from './sample-transactions.ts'

/** One inference of the quickstart: what it was, and what its receipt can be asked for by. */
export interface QuickstartInference {
  readonly label: string
  readonly result: string
  readonly handle: unknown
}

/** Scores payments with the local ONNX model, and records each decision. */
export async function scorePayments(
  recorder: Recorder,
  modelId: Hex | undefined,
): Promise<QuickstartInference[]> {
  const model = await loadRiskModel()
  const inferences: QuickstartInference[] = []
  for (const { name, transaction } of SAMPLE_TRANSACTIONS) {
    const { risk, decision } = await model.score(transaction)
    const handle = await recorder.record({
      request: JSON.stringify(transaction),
      response: JSON.stringify({ risk, decision }),
      model: 'assay-quickstart-risk',
      modelId,
      endpoint: 'onnxruntime-web',
    })
    inferences.push({ label: `risk: ${name}`, result: `${decision} (${risk.toFixed(3)})`, handle })
  }
  await model.close()
  return inferences
}

/** Asks the language model through the OpenAI client, streamed and not. Recording is in the client's `fetch`. */
export async function askLanguageModel(
  openai: OpenAI,
  model: string,
): Promise<QuickstartInference[]> {
  const inferences: QuickstartInference[] = []
  for (const [i, content] of PROMPTS.entries()) {
    const request = { model, messages: [{ role: 'user' as const, content }], max_tokens: 96 }
    if (i % 2 === 0) {
      const completion = await openai.chat.completions.create(request)
      const text = completion.choices[0]?.message.content ?? ''
      inferences.push({ label: `chat: ${content}`, result: text, handle: completion })
    } else {
      const stream = await openai.chat.completions.create({ ...request, stream: true })
      let text = ''
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? ''
      inferences.push({ label: `stream: ${content}`, result: text, handle: stream })
    }
  }
  return inferences
}

import { createHash } from 'node:crypto'
import { GenerationAbortedError, ModelFileError } from './errors.ts'
import {
  generationSettings,
  type GenerationOptions,
  type GenerationSettings,
} from './generation-options.ts'
import {
  floatsOf,
  floatTensor,
  integerTensor,
  OnnxSession,
  readModelFile,
  readModelJson,
} from './onnx-session.ts'
import { SeededRandom } from './random.ts'
import { sampleToken } from './sampling.ts'
import { StopBuffer } from './stop-buffer.ts'
import { parseVocabulary, SPECIAL, Tokenizer } from './tokenizer.ts'

/** The runtime files of the language model: the graph and its vocabulary. */
export const LANGUAGE_MODEL_FILES = new URL('../models/language/files/', import.meta.url)

/** Length of the recurrent state. */
const HIDDEN = 168

/** Why a generation ended: the model or a stop text ended it, or the token limit was reached. */
export type FinishReason = 'stop' | 'length'

/** What `generate` yields: one `token` per step of the model, and one `end` at the last. */
export type GenerationEvent =
  | {
      readonly type: 'token'
      /** Id of the token in the vocabulary. */
      readonly id: number
      /** The text that this step released; empty while a possible stop text is held back. */
      readonly text: string
    }
  | {
      readonly type: 'end'
      /** Held-back text that turned out not to be a stop text. */
      readonly text: string
      readonly finishReason: FinishReason
      /** Number of tokens the model read before its first answer token. */
      readonly promptTokens: number
      /** Number of tokens the model wrote, including the one that ended the answer. */
      readonly completionTokens: number
    }

/** The model after some tokens. */
export interface ModelStep {
  /** One score per token of the vocabulary for what comes next, float32[vocabulary]. */
  readonly logits: Float32Array
  /** The recurrent state, float32[168]. */
  readonly state: Float32Array
}

/** A small recurrent language model that runs token by token on the ONNX graph. */
export interface LanguageModel {
  readonly tokenizer: Tokenizer
  /** The first ten hex digits of the SHA-256 over the graph and the vocabulary. */
  readonly fingerprint: string
  /** Runs the graph for one token. Without a state the model starts from zero. */
  step(token: number, state?: Float32Array): Promise<ModelStep>
  /**
   * Continues the prompt or answers the messages, one event per token. Wrong options throw at once,
   * before the first token is asked for.
   */
  generate(options: GenerationOptions): AsyncGenerator<GenerationEvent, void, undefined>
  /** Frees the memory of the graph. */
  close(): Promise<void>
}

/** Loads the model. `files` is for tests and for models that were trained elsewhere. */
export async function loadLanguageModel(files: URL = LANGUAGE_MODEL_FILES): Promise<LanguageModel> {
  const graph = new URL('language.onnx', files)
  const vocabulary = new URL('vocabulary.json', files)
  const tokenizer = new Tokenizer(
    parseVocabulary(vocabulary.pathname, await readModelJson(vocabulary)),
  )
  const session = await OnnxSession.load(graph, {
    inputs: ['token', 'state'],
    outputs: ['logits', 'next_state'],
  })

  const fingerprint = createHash('sha256')
    .update(await readModelFile(graph))
    .update(await readModelFile(vocabulary))
    .digest('hex')
    .slice(0, 10)

  async function step(
    token: number,
    state: Float32Array = new Float32Array(HIDDEN),
  ): Promise<ModelStep> {
    const outputs = await session.run({
      token: integerTensor([token], [1]),
      state: floatTensor(state, [1, HIDDEN]),
    })
    const logits = floatsOf(outputs, 'logits')
    if (logits.length !== tokenizer.size) {
      throw new ModelFileError(graph.pathname, 'does not fit its vocabulary')
    }
    return { logits, state: floatsOf(outputs, 'next_state') }
  }

  async function* tokens(
    { promptIds, isChat, maxTokens, sampling, seed, stop }: GenerationSettings,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerationEvent, void, undefined> {
    const random = new SeededRandom(seed)
    const buffer = new StopBuffer(stop)
    let current: ModelStep | undefined
    for (const id of promptIds) current = await checkedStep(id, current)

    let completionTokens = 0
    let finishReason: FinishReason = 'length'
    while (current !== undefined && completionTokens < maxTokens) {
      const id = sampleToken(current.logits, sampling, random)
      completionTokens++
      if (endsTurn(id)) {
        finishReason = 'stop'
        break
      }
      const piece = tokenizer.piece(id)
      // The space after the role marker belongs to the turn, not to the answer.
      buffer.add(isChat && completionTokens === 1 ? piece.trimStart() : piece)
      yield { type: 'token', id, text: buffer.release() }
      if (buffer.stopped) {
        finishReason = 'stop'
        break
      }
      if (completionTokens < maxTokens) current = await checkedStep(id, current)
    }
    const promptTokens = promptIds.length
    yield { type: 'end', text: buffer.flush(), finishReason, promptTokens, completionTokens }

    async function checkedStep(id: number, before: ModelStep | undefined): Promise<ModelStep> {
      // A run never waits for the network, so the event loop needs a turn to notice an abort.
      await new Promise((resolve) => setImmediate(resolve))
      if (signal?.aborted) throw new GenerationAbortedError(signal.reason)
      return step(id, before?.state)
    }
  }

  return {
    tokenizer,
    fingerprint,
    step,
    generate: (options) => tokens(generationSettings(options, tokenizer), options.signal),
    close: () => session.release(),
  }
}

/** A newline ends the answer; so does a role marker, because another speaker would begin. */
function endsTurn(id: number): boolean {
  return id >= SPECIAL.newline && id <= SPECIAL.assistant
}

import { randomUUID } from 'node:crypto'
import type { FinishReason } from './language-model.ts'

/** What distinguishes the two kinds of answers, chat and plain completion. */
export interface AnswerFormat {
  readonly idPrefix: string
  /** Value of `object` in a whole answer. */
  readonly whole: string
  /** Value of `object` in a chunk of a stream. */
  readonly chunk: string
  /** The choice of a whole answer. */
  wholeChoice(text: string): object
  /** The choice of a chunk; `undefined` is the last one, which has no text. */
  chunkChoice(text: string | undefined, isFirst: boolean): object
}

/** `chat.completion` and `chat.completion.chunk`. */
export const CHAT_FORMAT: AnswerFormat = {
  idPrefix: 'chatcmpl-',
  whole: 'chat.completion',
  chunk: 'chat.completion.chunk',
  wholeChoice: (content) => ({ message: { role: 'assistant', content, refusal: null } }),
  chunkChoice: (content, isFirst) => ({
    delta:
      content === undefined
        ? {}
        : { ...(isFirst && { role: 'assistant', refusal: null }), content },
  }),
}

/** `text_completion`, which has the same shape whole and in chunks. */
export const COMPLETION_FORMAT: AnswerFormat = {
  idPrefix: 'cmpl-',
  whole: 'text_completion',
  chunk: 'text_completion',
  wholeChoice: (text) => ({ text }),
  chunkChoice: (text) => ({ text: text ?? '' }),
}

/** Token counts of one answer. */
export interface Usage {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
}

/** Counts as the API reports them. */
export function usageOf(promptTokens: number, completionTokens: number): Usage {
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
  }
}

/** Builds the JSON objects of one answer, which all share its id, time and model. */
export class AnswerWriter {
  readonly #format: AnswerFormat
  readonly #shared: { id: string; created: number; model: string; system_fingerprint: string }

  constructor(format: AnswerFormat, model: string, fingerprint: string) {
    this.#format = format
    this.#shared = {
      id: `${format.idPrefix}${randomUUID().replaceAll('-', '')}`,
      created: Math.floor(Date.now() / 1000),
      model,
      system_fingerprint: `fp_${fingerprint}`,
    }
  }

  /** The answer in one piece. */
  whole(text: string, finishReason: FinishReason, usage: Usage): object {
    const choice = this.#choice(this.#format.wholeChoice(text), finishReason)
    return { ...this.#shared, object: this.#format.whole, choices: [choice], usage }
  }

  /** A chunk with text. */
  text(text: string, isFirst: boolean): object {
    return this.#chunk([this.#choice(this.#format.chunkChoice(text, isFirst), null)])
  }

  /** The chunk that says why the answer ended. */
  finish(finishReason: FinishReason): object {
    return this.#chunk([this.#choice(this.#format.chunkChoice(undefined, false), finishReason)])
  }

  /** The chunk of token counts, which has no choice. */
  usage(usage: Usage): object {
    return { ...this.#chunk([]), usage }
  }

  #choice(content: object, finishReason: FinishReason | null): object {
    return { index: 0, ...content, logprobs: null, finish_reason: finishReason }
  }

  #chunk(choices: readonly object[]): object {
    return { ...this.#shared, object: this.#format.chunk, choices }
  }
}

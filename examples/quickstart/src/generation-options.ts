import { InvalidGenerationOptionError } from './errors.ts'
import type { SamplingOptions } from './sampling.ts'
import { SPECIAL, type Role, type Tokenizer } from './tokenizer.ts'

/** One turn of a chat. */
export interface ChatMessage {
  readonly role: Role
  readonly content: string
}

/** What to generate and how. Exactly one of `prompt` and `messages` must be given. */
export interface GenerationOptions {
  /** Plain text to continue. Lines may start with the role markers `S:`, `Q:` and `A:`. */
  readonly prompt?: string
  /** A chat; the model writes the next turn of the assistant. */
  readonly messages?: readonly ChatMessage[]
  /** Largest number of tokens to write. Default 128. */
  readonly maxTokens?: number | undefined
  /** 0 to 2; 0 always takes the most likely token. Default 0.3. */
  readonly temperature?: number | undefined
  /** Above 0, up to 1. Default 1. */
  readonly topP?: number | undefined
  /** Any safe integer; the same seed repeats the same answer. Default 0. */
  readonly seed?: number | undefined
  /** Texts that end the answer; they are not part of it. */
  readonly stop?: readonly string[] | undefined
  /** Ends the generation with a `GenerationAbortedError`. */
  readonly signal?: AbortSignal | undefined
}

/** Defaults of the options that have one. */
export const GENERATION_DEFAULTS = { maxTokens: 128, temperature: 0.3, topP: 1, seed: 0 } as const

/** Longest prompt in tokens; it bounds the time that one call can take. */
export const MAX_PROMPT_TOKENS = 4096

/** Checked options, with defaults filled in and the prompt in tokens. */
export interface GenerationSettings {
  readonly promptIds: readonly number[]
  readonly isChat: boolean
  readonly maxTokens: number
  readonly sampling: SamplingOptions
  readonly seed: number
  readonly stop: readonly string[]
}

/** Checks the options; throws `InvalidGenerationOptionError` for the first one that is wrong. */
export function generationSettings(
  options: GenerationOptions,
  tokenizer: Tokenizer,
): GenerationSettings {
  const {
    maxTokens = GENERATION_DEFAULTS.maxTokens,
    temperature = GENERATION_DEFAULTS.temperature,
    topP = GENERATION_DEFAULTS.topP,
    seed = GENERATION_DEFAULTS.seed,
    stop = [],
  } = options
  check(Number.isSafeInteger(maxTokens) && maxTokens >= 1, 'maxTokens', 'must be at least 1')
  check(temperature >= 0 && temperature <= 2, 'temperature', 'must be between 0 and 2')
  check(topP > 0 && topP <= 1, 'topP', 'must be above 0 and at most 1')
  check(Number.isSafeInteger(seed), 'seed', 'must be a safe integer')
  check(!stop.includes(''), 'stop', 'must not contain an empty text')
  return {
    promptIds: promptIds(options, tokenizer),
    isChat: options.messages !== undefined,
    maxTokens,
    sampling: { temperature, topP },
    seed,
    stop,
  }
}

function promptIds({ prompt, messages }: GenerationOptions, tokenizer: Tokenizer): number[] {
  check((prompt === undefined) !== (messages === undefined), 'prompt', 'or messages, one of them')
  check(messages === undefined || messages.length > 0, 'messages', 'must not be empty')
  const ids =
    messages === undefined ? rawIds(prompt ?? '', tokenizer) : chatIds(messages, tokenizer)
  const limit = `has ${ids.length} tokens, more than ${MAX_PROMPT_TOKENS}`
  check(ids.length <= MAX_PROMPT_TOKENS, messages === undefined ? 'prompt' : 'messages', limit)
  return ids
}

function chatIds(messages: readonly ChatMessage[], tokenizer: Tokenizer): number[] {
  const turns = messages.flatMap(({ role, content }) => tokenizer.encodeTurn(role, content))
  return [...turns, SPECIAL.assistant]
}

function rawIds(prompt: string, tokenizer: Tokenizer): number[] {
  const ids = tokenizer.encodeLines(prompt)
  // The graph needs one token to start from, and a newline is where every turn begins.
  return ids.length > 0 ? ids : [SPECIAL.newline]
}

function check(condition: boolean, option: string, problem: string): asserts condition {
  if (!condition) throw new InvalidGenerationOptionError(option, problem)
}

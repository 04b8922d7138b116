import type { ChatMessage, GenerationOptions } from './generation-options.ts'
import { OpenAiError } from './openai-errors.ts'
import type { Role } from './tokenizer.ts'

/** A checked request for an answer. */
export interface AnswerRequest {
  /** Name of the model that the client asked for. */
  readonly model: string
  readonly stream: boolean
  /** Whether the stream ends with a chunk of token counts. */
  readonly includeUsage: boolean
  readonly generation: GenerationOptions
}

type Fields = Readonly<Record<string, unknown>>

const ROLES: Readonly<Record<string, Role>> = {
  system: 'system',
  developer: 'system',
  user: 'user',
  assistant: 'assistant',
}

/** Fields that would change the answer, with the values that ask for nothing special. */
const UNSUPPORTED: Readonly<Record<string, readonly unknown[]>> = {
  n: [1],
  best_of: [1],
  logprobs: [false],
  presence_penalty: [0],
  frequency_penalty: [0],
  echo: [false],
  suffix: [],
  logit_bias: [],
  tools: [],
  functions: [],
}

/** Parses the body of `POST /v1/chat/completions`. */
export function parseChatRequest(body: string): AnswerRequest {
  const fields = parseFields(body)
  const limit = fields['max_completion_tokens'] ?? undefined
  const maxTokens =
    limit === undefined ? count(fields, 'max_tokens') : count(fields, 'max_completion_tokens')
  return answerRequest(fields, { messages: messagesOf(fields), maxTokens })
}

/** Parses the body of `POST /v1/completions`. */
export function parseCompletionRequest(body: string): AnswerRequest {
  const fields = parseFields(body)
  const given = fields['prompt']
  const prompt: unknown = Array.isArray(given) && given.length === 1 ? given[0] : given
  if (typeof prompt !== 'string') throw invalid('prompt', 'must be one string')
  // Sixteen is the default of the original endpoint.
  return answerRequest(fields, { prompt, maxTokens: count(fields, 'max_tokens') ?? 16 })
}

function parseFields(body: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new OpenAiError(400, 'invalid_json', 'The body of the request is not valid JSON.')
  }
  if (!isObject(value)) {
    throw new OpenAiError(400, 'invalid_json', 'The body of the request must be a JSON object.')
  }
  return value
}

function answerRequest(fields: Fields, generation: GenerationOptions): AnswerRequest {
  const { model } = fields
  if (typeof model !== 'string' || model === '') throw missing('model')
  for (const [name, harmless] of Object.entries(UNSUPPORTED)) {
    const value = fields[name] ?? undefined
    if (value !== undefined && !harmless.includes(value)) {
      throw new OpenAiError(400, 'unsupported_parameter', `${name} is not supported.`, name)
    }
  }
  const options = fields['stream_options'] ?? {}
  if (!isObject(options)) throw invalid('stream_options', 'must be an object')
  return {
    model,
    stream: flag(fields, 'stream'),
    includeUsage: flag(options, 'include_usage'),
    generation: {
      ...generation,
      temperature: number(fields, 'temperature', 0, 2),
      topP: number(fields, 'top_p', Number.MIN_VALUE, 1),
      seed: integer(fields, 'seed'),
      stop: stopTexts(fields),
    },
  }
}

function messagesOf(fields: Fields): ChatMessage[] {
  const messages = fields['messages'] ?? undefined
  if (messages === undefined) throw missing('messages')
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid('messages', 'must be an array of at least one message')
  }
  return messages.map((message: unknown, index) => {
    const at = `messages[${index}]`
    if (!isObject(message)) throw invalid(at, 'must be an object')
    const name = message['role']
    const role = typeof name === 'string' && Object.hasOwn(ROLES, name) ? ROLES[name] : undefined
    if (role === undefined) {
      throw invalid(`${at}.role`, `must be one of ${Object.keys(ROLES).join(', ')}`)
    }
    return { role, content: contentOf(message['content'], `${at}.content`) }
  })
}

function contentOf(content: unknown, at: string): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) throw invalid(at, 'must be a string or an array of text parts')
  return content
    .map((part: unknown) => {
      const text = isObject(part) && part['type'] === 'text' ? part['text'] : undefined
      if (typeof text !== 'string') throw invalid(at, 'may only have parts of type "text"')
      return text
    })
    .join('\n')
}

function stopTexts(fields: Fields): string[] {
  const stop = fields['stop'] ?? []
  const texts: unknown[] = Array.isArray(stop) ? stop : [stop]
  const valid = texts.filter((text) => typeof text === 'string').filter((text) => text !== '')
  if (valid.length !== texts.length || texts.length > 4) {
    throw invalid('stop', 'must be a string or up to four strings, none of them empty')
  }
  return valid
}

function number(fields: Fields, name: string, low: number, high: number): number | undefined {
  const value = fields[name] ?? undefined
  if (value === undefined) return undefined
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    const lowest = low === Number.MIN_VALUE ? 'above 0' : `at least ${low}`
    throw invalid(name, `must be a number, ${lowest} and at most ${high}`)
  }
  return value
}

function integer(fields: Fields, name: string): number | undefined {
  const value = fields[name] ?? undefined
  if (value === undefined || Number.isSafeInteger(value)) return value as number | undefined
  throw invalid(name, 'must be an integer')
}

function count(fields: Fields, name: string): number | undefined {
  const value = integer(fields, name)
  if (value !== undefined && value < 1) throw invalid(name, 'must be at least 1')
  return value
}

function flag(fields: Fields, name: string): boolean {
  const value = fields[name] ?? false
  if (typeof value !== 'boolean') throw invalid(name, 'must be true or false')
  return value
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function missing(name: string): OpenAiError {
  return new OpenAiError(
    400,
    'missing_required_parameter',
    `Missing required parameter: '${name}'.`,
    name,
  )
}

function invalid(name: string, problem: string): OpenAiError {
  return new OpenAiError(400, 'invalid_value', `Invalid '${name}': it ${problem}.`, name)
}

import canonicalize from 'canonicalize'
import { createParser } from 'eventsource-parser'
import { createSha256 } from '../crypto/sha256.ts'
import { utf8 } from '../formats/bytes.ts'

/** What a response says of itself. */
export type AnswerFacts = {
  /** The provider's id of the response. */
  id?: string
  model?: string
  /** As canonical JSON (RFC 8785). */
  usage?: string
  finishReason?: string
  /** SHA-256 over the UTF-8 text of the first choice. */
  textDigest?: Uint8Array
  /** Whether a stream said that it is over. */
  ended: boolean
}

/** Reads an answer piece by piece, as it passes by. Never throws: what it does not understand, it does not know. */
export type AnswerReader = {
  push(bytes: Uint8Array): void
  /** To be called once, after the last piece. */
  facts(): AnswerFacts
}

/** A JSON answer larger than this is not read for what it says; its digest is taken all the same. */
const maxJsonBytes = 8 * 2 ** 20

/** A reader for the content type of a response. */
export function createAnswerReader(contentType: string): AnswerReader {
  if (/^text\/event-stream\b/i.test(contentType)) return createStreamReader()
  if (/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)) return createJsonReader()
  return { push() {}, facts: () => ({ ended: true }) }
}

type Json = Record<string, unknown>

function createJsonReader(): AnswerReader {
  const decoder = new TextDecoder()
  // Decoded at once: who reads the pieces after us may take their memory.
  let text = ''
  let size = 0
  return {
    push(bytes) {
      size += bytes.length
      text = size <= maxJsonBytes ? text + decoder.decode(bytes, { stream: true }) : ''
    },
    facts() {
      const collector = createCollector()
      const answer = size <= maxJsonBytes ? parse(text + decoder.decode()) : undefined
      if (answer) collector.take(answer)
      return { ...collector.facts(), ended: true }
    },
  }
}

function createStreamReader(): AnswerReader {
  const decoder = new TextDecoder()
  const collector = createCollector()
  let ended = false
  const parser = createParser({
    onEvent({ data }) {
      if (data === '[DONE]') {
        ended = true
        return
      }
      const event = parse(data)
      if (event) collector.take(event)
      if (event?.type === 'response.completed' || event?.type === 'message_stop') ended = true
    },
  })
  return {
    push(bytes) {
      parser.feed(decoder.decode(bytes, { stream: true }))
    },
    facts() {
      parser.feed(decoder.decode())
      return { ...collector.facts(), ended }
    },
  }
}

/** Gathers what events, or one whole answer, say. Later words replace earlier ones; texts follow each other. */
function createCollector() {
  const known: Omit<AnswerFacts, 'ended' | 'textDigest'> = {}
  const text = createSha256()
  let hasText = false
  const say = (piece: unknown) => {
    if (typeof piece !== 'string' || piece === '') return
    hasText = true
    text.update(utf8(piece))
  }
  return {
    take(answer: Json) {
      // OpenAI's responses API and Anthropic's messages API carry the whole in a member of some events.
      for (const part of [answer, object(answer.response), object(answer.message)]) {
        if (typeof part?.id === 'string') known.id = part.id
        if (typeof part?.model === 'string') known.model = part.model
        const usage = object(part?.usage)
        if (usage) known.usage = canonicalize(usage) ?? ''
        const finish = part?.stop_reason ?? object(part?.delta)?.stop_reason ?? part?.status
        if (typeof finish === 'string') known.finishReason = finish
      }
      const choice = firstChoice(answer)
      if (typeof choice?.finish_reason === 'string') known.finishReason = choice.finish_reason
      say(choice?.text ?? object(choice?.message)?.content ?? object(choice?.delta)?.content)
      if (answer.type === 'response.output_text.delta') say(answer.delta)
      if (answer.type === 'content_block_delta') say(object(answer.delta)?.text)
      if (answer.object === 'response' && answer.type === undefined) {
        for (const item of list(answer.output))
          for (const part of list(item.content)) say(part.text)
      }
      if (answer.type === 'message') for (const part of list(answer.content)) say(part.text)
    },
    facts: () => (hasText ? { ...known, textDigest: text.digest() } : known),
  }
}

function firstChoice(answer: Json): Json | undefined {
  return list(answer.choices).find((choice) => choice.index === undefined || choice.index === 0)
}

function parse(text: string): Json | undefined {
  try {
    return object(JSON.parse(text))
  } catch {
    // Not JSON: it passes by as it is, and says nothing to us.
    return undefined
  }
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object).filter((item) => item !== undefined) : []
}

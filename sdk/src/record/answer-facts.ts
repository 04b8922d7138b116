import canonicalize from 'canonicalize'
import { createSha256, type Sha256, sha256Text } from '../crypto/sha256.ts'
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

export type Json = Record<string, unknown>

/** Gathers what events, or one whole answer, say. Later words replace earlier ones; texts follow each other. */
export type FactCollector = {
  /** Gives the texts that were found. */
  take: (answer: Json) => string[]
  /** Adds to the text alone. */
  say: (text: string) => void
  /** The provider's id, as soon as it was said. */
  id: () => string | undefined
  /** To be called once. */
  facts: () => Omit<AnswerFacts, 'ended'>
}

/** A fact longer than this is left out, so that nobody's call or answer can fill the journal. In UTF-16 code units. */
const maxFactLength = 4096

export function createFactCollector(): FactCollector {
  const known: { id?: string; model?: string; finishReason?: string } = {}
  const text = gatherText()
  let usage: Json | undefined
  return {
    take(answer) {
      // OpenAI's responses API and Anthropic's messages API carry the whole in a member of some events.
      for (const part of [answer, object(answer.response), object(answer.message)]) {
        if (!part) continue
        if (isFact(part.id)) known.id = part.id
        if (isFact(part.model)) known.model = part.model
        usage = object(part.usage) ?? usage
        const finish = part.stop_reason ?? object(part.delta)?.stop_reason ?? part.status
        if (isFact(finish)) known.finishReason = finish
      }
      const finish = firstChoice(answer)?.finish_reason
      if (isFact(finish)) known.finishReason = finish
      const texts = textsIn(answer)
      for (const piece of texts) text.say(piece)
      return texts
    },
    say: text.say,
    id: () => known.id,
    facts() {
      const textDigest = text.digest()
      const canonical = usage && canonicalJson(usage)
      return {
        ...known,
        ...(canonical === undefined ? {} : { usage: canonical }),
        ...(textDigest ? { textDigest } : {}),
      }
    },
  }
}

/** The pieces of text of the first choice that an answer, or an event of it, holds. */
export function textsIn(answer: Json): string[] {
  const texts: unknown[] = []
  const choice = firstChoice(answer)
  if (choice) {
    texts.push(choice.text ?? object(choice.message)?.content ?? object(choice.delta)?.content)
  }
  if (answer.type === 'response.output_text.delta') texts.push(answer.delta)
  if (answer.type === 'content_block_delta') texts.push(object(answer.delta)?.text)
  if (answer.object === 'response' && answer.type === undefined) {
    for (const item of list(answer.output))
      for (const part of list(item.content)) texts.push(part.text)
  }
  if (answer.type === 'message') for (const part of list(answer.content)) texts.push(part.text)
  return texts.filter((text) => typeof text === 'string' && text !== '') as string[]
}

/** An object that a JSON text holds; undefined if it is none. It passes by as it is then, and says nothing to us. */
export function parseJson(text: string): Json | undefined {
  try {
    return object(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Hashes a text that comes in pieces. A pair of surrogates may be split between two. */
function gatherText() {
  // A piece may hold on to the block that it was cut from, so few of them may.
  const maxHeld = 2 ** 12
  let hash: Sha256 | undefined
  let held = ''
  return {
    say: (piece: string): void => {
      held += piece
      if (held.length < maxHeld) return
      const isSplit = /[\ud800-\udbff]$/.test(held)
      hash ??= createSha256()
      hash.update(utf8(isSplit ? held.slice(0, -1) : held))
      held = isSplit ? held.slice(-1) : ''
    },
    /** Undefined if there was no text. */
    digest(): Uint8Array | undefined {
      if (!hash) return held === '' ? undefined : sha256Text(held)
      hash.update(utf8(held))
      return hash.digest()
    },
  }
}

/** Undefined if there is no such thing: a number that is too large, an object too deep. */
function canonicalJson(value: Json): string | undefined {
  try {
    const text = canonicalize(value)
    return isFact(text) ? text : undefined
  } catch {
    return undefined
  }
}

/** Whether it is a text that may stand in the journal. */
export function isFact(value: unknown): value is string {
  return typeof value === 'string' && value.length <= maxFactLength
}

function firstChoice(answer: Json): Json | undefined {
  return list(answer.choices).find((choice) => choice.index === undefined || choice.index === 0)
}

function object(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined
}

function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(object).filter((item) => item !== undefined) : []
}

import { createEventStreamReader } from './event-stream.ts'
import { type AnswerFacts, createFactCollector, parseJson, textsIn } from './answer-facts.ts'
import { createRepeatedEvent } from './repeated-event.ts'

/** Reads an answer. Never throws: what it does not understand, it does not know. */
export type AnswerReader = {
  /** How many bytes `facts` wants to see at once, if there are no more than that. */
  wholeBytes: number
  /** Takes the bytes in order, where they are wanted as they come. */
  push?: (bytes: Uint8Array) => void
  /** The provider's id, as soon as it was said, where the bytes are taken as they come. */
  id?: () => string | undefined
  /** To be called once, after the last byte. */
  facts(whole: Uint8Array | undefined): AnswerFacts
}

/** A JSON answer larger than this is not read for what it says; its digest is taken all the same. */
const maxJsonBytes = 8 * 2 ** 20

/** A reader for the content type of a response. */
export function createAnswerReader(contentType: string): AnswerReader {
  if (isEventStream(contentType)) return createStreamReader()
  if (/^application\/(?:[\w.-]+\+)?json\b/i.test(contentType)) return jsonReader
  return { wholeBytes: 0, facts: () => ({ ended: true }) }
}

export function isEventStream(contentType: string): boolean {
  return /^text\/event-stream\b/i.test(contentType)
}

const jsonReader: AnswerReader = {
  wholeBytes: maxJsonBytes,
  facts(whole) {
    const collector = createFactCollector()
    const answer = whole && parseJson(new TextDecoder().decode(whole))
    if (answer) collector.take(answer)
    return { ...collector.facts(), ended: true }
  },
}

function createStreamReader(): AnswerReader {
  const collector = createFactCollector()
  const repeated = createRepeatedEvent((data) => {
    const event = parseJson(data)
    return event ? textsIn(event) : []
  })
  let ended = false
  const events = createEventStreamReader((data) => {
    const text = repeated.textOf(data)
    if (text !== undefined) return collector.say(text)
    if (data === '[DONE]') ended = true
    const event = parseJson(data)
    if (!event) return
    repeated.learn(data, collector.take(event))
    if (event.type === 'response.completed' || event.type === 'message_stop') ended = true
  })
  return {
    wholeBytes: 0,
    push: (bytes) => events.push(bytes),
    id: collector.id,
    facts() {
      events.end()
      return { ...collector.facts(), ended }
    },
  }
}

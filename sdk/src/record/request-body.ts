import { sha256Text } from '../crypto/sha256.ts'
import { utf8 } from '../formats/bytes.ts'
import { digestOf, gatherContent, type GatheredContent } from './content.ts'
import { parseJson } from './answer-facts.ts'
import { tapStream } from './tapped-stream.ts'

/** What is known of a request's body. */
export type RequestFacts = {
  /** SHA-256 of the content. */
  digest?: Uint8Array
  /** The model that the body asks for, if it is JSON that says so. */
  model?: string
  /** The messages that the body holds, if they were asked for. */
  messages?: readonly unknown[]
  /** The content, if it was to be kept. Of a stream that is too large, there is none. */
  bytes?: Uint8Array
}

/** A body to send, and what is known of it once it was sent. */
export type WatchedBody = {
  body: BodyInit | null | undefined
  /** To be called once the exchange is over. */
  facts: () => Promise<RequestFacts>
}

/** What is wanted of a body. */
export type BodyReading = {
  /** Up to how many bytes of a body that comes in pieces are wanted afterwards. */
  keep: number
  /** Reads what a body says; not every text is JSON. */
  read: (text: string) => Pick<RequestFacts, 'model' | 'messages'>
}

/** Nothing but the model. */
const modelOnly: BodyReading = { keep: 0, read: modelIn }

/** A body that comes in pieces is not read for its model if it is larger than this. */
const maxJsonBytes = 8 * 2 ** 20
/** How long, in ms, the rest of a request's body may take to come once it was answered. */
const maxRestMillis = 1_000

/**
 * Looks at a body that is about to be sent, without taking anything from it. Bytes and texts are sent as they are; of a stream,
 * one is sent that hands the same pieces on. Of form data only `fetch` knows the bytes, since it chooses the boundary: its digest
 * stays unknown.
 */
export function watchBody(
  body: BodyInit | null | undefined,
  reading: BodyReading = modelOnly,
): WatchedBody {
  if (typeof body === 'string') return { body, facts: () => factsOfText(body, reading) }
  if (body instanceof URLSearchParams) {
    const text = body.toString()
    return { body, facts: () => factsOfText(text, reading) }
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    // Copied now: the caller may write to it again once the call is under way.
    const copy = ArrayBuffer.isView(body)
      ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
      : new Uint8Array(body.slice(0))
    return { body, facts: () => factsOf(copy, reading) }
  }
  if (body instanceof Blob) return { body, facts: () => readFacts(body.stream(), reading) }
  if (body instanceof ReadableStream && isUnread(body)) return watchStream(body, reading)
  return { body, facts: nothing }
}

/** Options of a call with another body. They may be any object, a request too: a copy would lose what is no property of its own. */
export function withBody(init: RequestInit, body: WatchedBody['body']): RequestInit {
  // A proxy may not hide what its target has frozen, so that is a copy of what is to be seen of it.
  const own = Object.getOwnPropertyDescriptors(init) as Record<PropertyKey, PropertyDescriptor>
  for (const name of Reflect.ownKeys(own))
    Object.assign(own[name] as object, { configurable: true })
  const shown = Object.create(Object.getPrototypeOf(init) as object | null, own) as RequestInit
  return new Proxy(shown, {
    get: (_, name) => (name === 'body' ? body : (Reflect.get(init, name, init) as unknown)),
  })
}

/** What is known of a request that somebody else reads: it is read beside, and never ahead of that. */
export function watchRequest(
  request: Request,
  reading: BodyReading = modelOnly,
): WatchedBody['facts'] {
  if (!request.body || request.bodyUsed || request.body.locked) return nothing
  const beside = request.clone().body
  return beside ? () => readFacts(beside, reading) : nothing
}

const nothing = () => Promise.resolve({})

/** A longer text is hashed as bytes, in turns. In UTF-16 code units. */
const maxTextLength = 2 ** 16

async function factsOfText(text: string, reading: BodyReading): Promise<RequestFacts> {
  return reading.keep > 0 || text.length > maxTextLength
    ? factsOf(utf8(text), reading)
    : { ...reading.read(text), digest: sha256Text(text) }
}

async function factsOf(bytes: Uint8Array, { read }: BodyReading): Promise<RequestFacts> {
  return { ...read(textOf(bytes)), digest: await digestOf(bytes), bytes }
}

function factsOfGathered({ digest, bytes }: GatheredContent, { read }: BodyReading): RequestFacts {
  return bytes ? { ...read(textOf(bytes)), digest, bytes } : { digest }
}

/** A body that breaks off, or does not come to its end, has no digest. */
async function readFacts(
  stream: ReadableStream<Uint8Array>,
  reading: BodyReading,
): Promise<RequestFacts> {
  const content = gatherContent({
    keep: (first) => Math.max(reading.keep, isJson(first) ? maxJsonBytes : 0),
  })
  const reader = stream.getReader()
  const late = new AbortController()
  const timer = setTimeout(() => {
    late.abort()
    reader.cancel().catch(() => undefined)
  }, maxRestMillis)
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (late.signal.aborted) return {}
      if (done) return factsOfGathered(await content.end(), reading)
      content.push(value)
    }
  } catch {
    return {}
  } finally {
    clearTimeout(timer)
  }
}

function watchStream(stream: ReadableStream, reading: BodyReading): WatchedBody {
  const content = gatherContent({
    keep: (first) => Math.max(reading.keep, isJson(first) ? maxJsonBytes : 0),
  })
  let isWhole = false
  let isBytes = true
  const { stream: body } = tapStream(
    stream,
    {
      onPiece(piece) {
        if (isBytes && ArrayBuffer.isView(piece)) content.push(piece)
        else isBytes = false
      },
      onEnd(ending) {
        isWhole = ending === 'ended' && isBytes
      },
    },
    false,
  )
  const facts = async () => (isWhole ? factsOfGathered(await content.end(), reading) : {})
  return { body, facts }
}

/** `fetch` refuses a stream that somebody has read from, and so does this. */
function isUnread(stream: ReadableStream): boolean {
  try {
    new Response(stream)
    return true
  } catch {
    return false
  }
}

/** Whether it begins as a JSON object does. */
function isJson(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7b
}

function textOf(bytes: Uint8Array): string {
  return isJson(bytes) ? new TextDecoder().decode(bytes) : ''
}

/** The member `model` of a JSON object. */
export function modelIn(text: string): { model?: string } {
  const first = firstModel.exec(text)?.[1]
  // A name that stands nowhere else needs no parsing of all the rest.
  if (first !== undefined && text.lastIndexOf('"model"') < 20 && !text.includes('\\u00')) {
    return { model: first }
  }
  const model = text.startsWith('{') ? parseJson(text)?.model : undefined
  return typeof model === 'string' ? { model } : {}
}

/** Where clients write it; a text without escapes. */
const firstModel = /^\{\s?"model"\s?:\s?"([ !#-[\]-\uffff]*)"/

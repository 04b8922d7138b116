import { createSha256, sha256 } from '../crypto/sha256.ts'
import { utf8 } from '../formats/bytes.ts'

/** What is known of a request's body. */
export type RequestFacts = {
  /** SHA-256 of the content. */
  digest?: Uint8Array
  /** The model that the body asks for, if it is JSON that says so. */
  model?: string
}

/** A body to send, and what will be known of it once it was sent. */
export type WatchedBody = { body: BodyInit | null | undefined; facts: Promise<RequestFacts> }

/**
 * Looks at a body that is about to be sent, without taking anything from it. Bytes and texts are sent as they are; of a stream,
 * one is sent that hands the same pieces on. Of form data only `fetch` knows the bytes, since it chooses the boundary: its digest
 * stays unknown.
 */
export function watchBody(body: BodyInit | null | undefined): WatchedBody {
  if (typeof body === 'string') return { body, facts: later(() => factsOf(utf8(body))) }
  if (body instanceof URLSearchParams) {
    const text = body.toString()
    return { body, facts: later(() => factsOf(utf8(text))) }
  }
  if (body instanceof ArrayBuffer || ArrayBuffer.isView(body)) {
    // Copied now: the caller may write to it again once the call is under way.
    const copy = ArrayBuffer.isView(body)
      ? new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice()
      : new Uint8Array(body.slice(0))
    return { body, facts: later(() => factsOf(copy)) }
  }
  if (body instanceof Blob) {
    return { body, facts: body.arrayBuffer().then((bytes) => factsOf(new Uint8Array(bytes))) }
  }
  if (body instanceof ReadableStream) return watchStream(body as ReadableStream<Uint8Array>)
  return { body, facts: Promise.resolve({}) }
}

/** What the bytes of a body say. */
export function factsOf(bytes: Uint8Array): RequestFacts {
  const digest = sha256(bytes)
  const model = bytes[0] === 0x7b ? modelIn(new TextDecoder().decode(bytes)) : undefined
  return model === undefined ? { digest } : { digest, model }
}

/** Computes after the call has been sent on its way. */
function later<T>(compute: () => T): Promise<T> {
  return new Promise((resolve) => setTimeout(() => resolve(compute()), 0))
}

function watchStream(stream: ReadableStream<Uint8Array>): WatchedBody {
  const hash = createSha256()
  let resolve: (facts: RequestFacts) => void
  const facts = new Promise<RequestFacts>((done) => (resolve = done))
  const watched = stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(piece, controller) {
        if (piece instanceof Uint8Array) hash.update(piece)
        controller.enqueue(piece)
      },
      flush: () => resolve({ digest: hash.digest() }),
      // A body that was not sent to its end has no digest.
      cancel: () => resolve({}),
    } as Transformer<Uint8Array, Uint8Array>),
  )
  return { body: watched, facts }
}

function modelIn(text: string): string | undefined {
  try {
    const { model } = JSON.parse(text) as { model?: unknown }
    return typeof model === 'string' ? model : undefined
  } catch {
    // Begins as JSON does and is none: its digest is what is known of it.
    return undefined
  }
}

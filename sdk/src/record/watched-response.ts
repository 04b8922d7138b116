import { createSha256 } from '../crypto/sha256.ts'
import type { Outcome } from '../formats/fields.ts'
import { type AnswerFacts, createAnswerReader } from './answer.ts'

/** What was seen of a response once it is over. */
export type ResponseFacts = AnswerFacts & {
  /** SHA-256 of the content that passed. */
  digest: Uint8Array
  outcome: Outcome
}

/**
 * A response that hands on the same pieces at the same pace, and tells once how it ended. Nothing is read ahead of the reader,
 * and a reader that stops early stops the upstream too.
 *
 * @param response - As `fetch` or a handler gave it; its body is used up.
 * @param isAborted - Whether the caller has given up the call.
 * @param onEnd - Called once, when the body has ended in whatever way. Must not throw.
 * @param onError - Told of what keeps the response from being recorded.
 */
export function watchResponse(
  response: Response,
  isAborted: () => boolean,
  onEnd: (facts: () => ResponseFacts) => void,
  onError: (error: unknown) => void,
): Response {
  const hash = createSha256()
  const answer = createAnswerReader(response.headers.get('content-type') ?? '')
  let over = false
  const end = (ending: Outcome) => {
    if (over) return
    over = true
    onEnd(() => {
      const facts = answer.facts()
      const complete = ending === 'complete' || (ending === 'truncated' && isStream && facts.ended)
      return { ...facts, digest: hash.digest(), outcome: complete ? 'complete' : ending }
    })
  }
  const isStream = (response.headers.get('content-type') ?? '').startsWith('text/event-stream')
  if (!response.body) {
    // The caller has to have the response before it is told that it is over.
    queueMicrotask(() => end('complete'))
    return response
  }
  /** What cannot be looked at passes all the same, and is not recorded. */
  const look = (piece: Uint8Array) => {
    if (over) return
    try {
      hash.update(piece)
      answer.push(piece)
    } catch (error) {
      over = true
      onError(error)
    }
  }
  const isBytes = isByteStream(response.body)
  const reader = response.body.getReader()
  const source = {
    async pull(controller: ReadableByteStreamController | ReadableStreamDefaultController) {
      try {
        const { done, value } = await reader.read()
        if (done) {
          end('complete')
          controller.close()
          // A reader that waits with its own buffer is told by this that nothing more comes.
          if ('byobRequest' in controller) controller.byobRequest?.respond(0)
          return
        }
        look(value)
        controller.enqueue(value)
      } catch (error) {
        end(isAborted() ? 'aborted' : 'error')
        throw error
      }
    },
    cancel(reason: unknown) {
      end(isAborted() ? 'aborted' : 'truncated')
      return reader.cancel(reason)
    },
  }
  const body = isBytes
    ? new ReadableStream({ ...source, type: 'bytes' })
    : new ReadableStream(source, { highWaterMark: 0 })
  const { status, statusText, headers } = response
  const watched = new Response(body, { status, statusText, headers })
  // Set by the network alone, so they are carried over by hand.
  for (const name of ['url', 'redirected', 'type'] as const) {
    Object.defineProperty(watched, name, { value: response[name], enumerable: true })
  }
  return watched
}

/**
 * Whether a stream hands out bytes that belong to nobody else. Only then may they go through a byte stream again, which takes
 * the memory of what it is given.
 */
function isByteStream(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: 'byob' }).releaseLock()
    return true
  } catch {
    // A stream of any values has no such reader.
    return false
  }
}

import { InvalidInputError } from '../errors/input.ts'
import type { Outcome } from '../formats/fields.ts'
import type { AnswerFacts } from './answer-facts.ts'
import { createAnswerReader, isEventStream } from './answer.ts'
import { type Content, gatherContent } from './content.ts'
import { responseLike } from './response-like.ts'
import { cancelUnlessRead } from './unread-body.ts'
import { type Ending, isByteStream, tapStream } from './tapped-stream.ts'

/** What was seen of a response once it is over. */
export type ResponseFacts = AnswerFacts & {
  /** SHA-256 of the content that passed. */
  digest: Uint8Array
  outcome: Outcome
  /** The content, if it was to be kept and is not too large. */
  bytes?: Uint8Array
}

export type ResponseWatch = {
  /** Whether the caller has given up the call. */
  isAborted: () => boolean
  /** Up to how many bytes of the content are kept. */
  keep: number
  /** Called once, when the body has ended in whatever way. */
  onEnd: (facts: Promise<ResponseFacts>) => void
  /** Given a way to ask for the provider's id while a stream comes in, of which the caller may have seen some. */
  onStream: (idSoFar: () => string | undefined) => void
  /** Given the object that the response's `json` makes. */
  onParsed: (parsed: object) => void
  /** Told of what keeps the response from being recorded. */
  onError: (error: unknown) => void
}

/**
 * A response that behaves as the given one, and tells once how it ended.
 *
 * @param response - As `fetch` or a handler gave it; its body is used up.
 */
export function watchResponse(response: Response, watch: ResponseWatch): Response {
  const { isAborted, keep, onError } = watch
  const contentType = response.headers.get('content-type') ?? ''
  const answer = createAnswerReader(contentType)
  const content = gatherContent({
    keep: () => Math.max(keep, answer.wholeBytes),
    ...(answer.push ? { onBlock: answer.push } : {}),
  })
  let isLost = false

  function outcomeOf(ending: Ending, wasAborted: boolean, saidEnd: boolean): Outcome {
    if (ending === 'ended') return 'complete'
    if (wasAborted) return 'aborted'
    if (ending === 'failed') return 'error'
    return isEventStream(contentType) && saidEnd ? 'complete' : 'truncated'
  }

  async function factsOf(ending: Ending, wasAborted: boolean): Promise<ResponseFacts> {
    const { digest, bytes } = await content.end()
    const whole = bytes && bytes.length <= answer.wholeBytes ? bytes : undefined
    const facts = answer.facts(whole)
    return {
      ...facts,
      digest,
      outcome: outcomeOf(ending, wasAborted, facts.ended),
      ...(bytes && bytes.length <= keep ? { bytes } : {}),
    }
  }

  const onEnd = (ending: Ending) => {
    if (!isLost) watch.onEnd(factsOf(ending, isAborted()))
  }
  if (!response.body) {
    // The caller has to have the response before it is told that it is over.
    queueMicrotask(() => onEnd('ended'))
    return response
  }
  const onPiece = (piece: unknown) => {
    if (isLost) return
    try {
      push(content, piece)
    } catch (error) {
      // What can't be looked at passes all the same, and is not recorded.
      isLost = true
      onError(error)
    }
  }
  if (response.bodyUsed || response.body.locked) {
    throw new InvalidInputError('response', 'body', 'is being read already, so it is not recorded')
  }
  const { id } = answer
  if (id) {
    watch.onStream(() => {
      if (id() === undefined) content.catchUp()
      return id()
    })
  }
  const tapped = tapStream(response.body, { onPiece, onEnd }, isByteStream(response.body))
  const watched = responseLike(response, tapped.stream, watch.onParsed)
  tapped.open()
  cancelUnlessRead(watched, tapped.stream)
  return watched
}

function push(content: Content, piece: unknown): void {
  if (!ArrayBuffer.isView(piece)) {
    throw new InvalidInputError('response', 'body', 'has a piece that is no bytes')
  }
  content.push(piece)
}

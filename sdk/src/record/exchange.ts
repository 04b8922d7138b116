import { utf8 } from '../formats/bytes.ts'
import type { StandardField } from '../formats/fields.ts'
import { isFact } from './answer-facts.ts'
import type { DigestMessages } from './message-digests.ts'
import { messagesIn } from './request-messages.ts'
import {
  modelIn,
  type RequestFacts,
  watchBody,
  type WatchedBody,
  watchRequest,
  withBody,
} from './request-body.ts'
import { type ResponseFacts, watchResponse } from './watched-response.ts'

/** The bytes of an exchange, as far as they were asked for. */
export type KeptContents = {
  contents: { request?: Uint8Array; response?: Uint8Array }
  /** What was asked for and is larger than asked for. */
  tooLarge: ('request' | 'response')[]
}

/** What is known of an HTTP exchange once it is over. */
export type ExchangeFields = KeptContents & {
  fields: Partial<Record<StandardField, Uint8Array>>
  facts: ResponseFacts
  /** Digests of the request's messages, if they are to be committed to. */
  messages?: Uint8Array
}

/** An HTTP exchange that is over. */
export type SeenExchange = {
  /** The response as it came; its body is used up. */
  response: Response
  fields: Promise<ExchangeFields>
}

export type ExchangeOptions = {
  onExchange: (seen: SeenExchange) => void
  onError: (error: unknown) => void
  /** Called instead if there is no inference to see. */
  onNothing: () => void
  /** Given what the caller may hold that stands for the answer: the response, the signal of its call, the parsed body. */
  onObject: (object: object) => void
  /** Given a way to ask for the provider's id of an answer that comes as a stream, before it is over. */
  onStream: (idSoFar: () => string | undefined) => void
  /** Whose bytes are kept, each up to `maxBytes`. Default: none. */
  keep?: { request: boolean; response: boolean; maxBytes: number } | undefined
  /** Takes the messages of a request. Default: they are not looked at. */
  digestMessages?: DigestMessages | undefined
}

/** A call that is about to be made, or answered. */
export type StartedExchange = {
  url: URL
  facts: WatchedBody['facts']
  signal: AbortSignal | null | undefined
}

/** Watches exchanges from either side. What it throws would reach a call, so it throws nothing. */
export function watchExchange(options: ExchangeOptions) {
  const { onExchange, onError, onNothing, onObject, onStream, keep, digestMessages } = options
  const keepOf = {
    request: keep?.request ? keep.maxBytes : 0,
    response: keep?.response ? keep.maxBytes : 0,
  }
  const reading = { keep: keepOf.request, read: digestMessages ? messagesIn : modelIn }

  async function finished(
    url: URL,
    requestFacts: WatchedBody['facts'],
    answerFacts: Promise<ResponseFacts>,
  ): Promise<ExchangeFields> {
    const facts = await answerFacts
    const request = await requestFacts()
    const messages = request.messages && (await digestMessages?.(request.messages))
    return {
      fields: fieldsOf(url, request, facts),
      facts,
      ...(messages ? { messages } : {}),
      ...kept({ request, response: facts }),
    }
  }

  function kept(
    parts: Record<'request' | 'response', { digest?: Uint8Array; bytes?: Uint8Array }>,
  ) {
    const result: KeptContents = { contents: {}, tooLarge: [] }
    for (const part of ['request', 'response'] as const) {
      const { digest, bytes } = parts[part]
      if (keepOf[part] === 0 || !digest) continue
      if (bytes && bytes.length <= keepOf[part]) result.contents[part] = bytes
      else result.tooLarge.push(part)
    }
    return result
  }

  return {
    /** Options to send in place of the given ones. */
    sent(init: RequestInit | undefined): {
      init: RequestInit | undefined
      facts: WatchedBody['facts']
    } {
      const given = init?.body
      const { body, facts } = watchBody(given, reading)
      return { init: init && body !== given ? withBody(init, body) : init, facts }
    },

    /** Facts of a request's body, which is read beside whoever reads it. */
    bodyOf: (request: Request): WatchedBody['facts'] => watchRequest(request, reading),

    /** Begins an exchange. What comes back takes the response and gives the one to hand on. */
    start({ url, facts, signal }: StartedExchange): (response: Response) => Response {
      return (response) => {
        try {
          // No inference was made; the client may try again, and that will be recorded then.
          if (!response.ok) {
            onNothing()
            return response
          }
          if (signal) onObject(signal)
          const watched = watchResponse(response, {
            isAborted: () => signal?.aborted ?? false,
            keep: keepOf.response,
            onError,
            onParsed: onObject,
            onStream,
            onEnd: (answer) => onExchange({ response, fields: finished(url, facts, answer) }),
          })
          onObject(watched)
          return watched
        } catch (error) {
          onError(error)
          return response
        }
      }
    },
  }
}

function fieldsOf(
  url: URL,
  request: RequestFacts,
  answer: ResponseFacts,
): Partial<Record<StandardField, Uint8Array>> {
  return {
    ...(request.digest ? { 'request.sha256': request.digest } : {}),
    'response.sha256': answer.digest,
    ...(answer.textDigest ? { 'output.text.sha256': answer.textDigest } : {}),
    // Query and user info may hold secrets, so they are no part of it.
    endpoint: utf8(url.origin + url.pathname),
    ...(isFact(request.model) ? { 'model.requested': utf8(request.model) } : {}),
    ...(answer.model === undefined ? {} : { 'model.returned': utf8(answer.model) }),
    outcome: utf8(answer.outcome),
    ...(answer.usage === undefined ? {} : { usage: utf8(answer.usage) }),
    ...(answer.finishReason === undefined ? {} : { finish_reason: utf8(answer.finishReason) }),
  }
}

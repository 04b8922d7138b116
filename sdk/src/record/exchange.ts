import { utf8 } from '../formats/bytes.ts'
import type { StandardField } from '../formats/fields.ts'
import { factsOf, type RequestFacts } from './request-body.ts'
import { type ResponseFacts, watchResponse } from './watched-response.ts'

/** An HTTP exchange that is over. */
export type SeenExchange = {
  /** The response that the caller got. */
  response: Response
  /** What the caller may hold of it: the response, its parsed body, the signal of its call. */
  objects: readonly object[]
  fields: Promise<{
    fields: Partial<Record<StandardField, Uint8Array>>
    facts: ResponseFacts
  }>
}

export type ExchangeOptions = {
  onExchange: (seen: SeenExchange) => void
  onError: (error: unknown) => void
}

/** A call that is about to be made, or answered. */
export type StartedExchange = {
  url: URL
  facts: Promise<RequestFacts>
  signal: AbortSignal | null | undefined
}

/** Watches exchanges from either side. What it throws would reach a call, so it throws nothing. */
export function watchExchange({ onExchange, onError }: ExchangeOptions) {
  return {
    /** Facts of a request's body, which is read beside whoever reads it. */
    bodyOf(request: Request): Promise<RequestFacts> {
      const facts = request.body
        ? request
            .clone()
            .arrayBuffer()
            .then((bytes) => factsOf(new Uint8Array(bytes)))
        : Promise.resolve({})
      // A request whose body breaks off has no digest; whoever reads the body is told by the body itself.
      return facts.catch(() => ({}))
    },

    /** Begins an exchange. What comes back takes the response and gives the one to hand on. */
    start({ url, facts, signal }: StartedExchange): (response: Response) => Response {
      return (response) => {
        // No inference was made; the client may try again, and that will be recorded then.
        if (!response.ok) return response
        try {
          const objects: object[] = signal ? [signal] : []
          const watched = watchResponse(
            response,
            () => signal?.aborted ?? false,
            (read) => {
              const fields = Promise.all([facts, nextTurn().then(read)]).then(
                ([request, answer]) => ({
                  fields: fieldsOf(url, request, answer),
                  facts: answer,
                }),
              )
              onExchange({ response: watched, objects: [watched, ...objects], fields })
            },
            onError,
          )
          return watched
        } catch (error) {
          onError(error)
          return response
        }
      }
    },
  }
}

/** Lets the caller go on before anything is computed for us. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0))
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
    ...(request.model === undefined ? {} : { 'model.requested': utf8(request.model) }),
    ...(answer.model === undefined ? {} : { 'model.returned': utf8(answer.model) }),
    outcome: utf8(answer.outcome),
    ...(answer.usage === undefined ? {} : { usage: utf8(answer.usage) }),
    ...(answer.finishReason === undefined ? {} : { finish_reason: utf8(answer.finishReason) }),
  }
}

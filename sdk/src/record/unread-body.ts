import { nextTurn } from './turn.ts'

type Unread = { response: Response; body: ReadableStream }

const registry =
  typeof FinalizationRegistry === 'undefined'
    ? undefined
    : new FinalizationRegistry((body: ReadableStream) => {
        // Who holds the body's reader reads on without the response.
        if (!body.locked) body.cancel().catch(() => undefined)
      })

/** Responses of this turn of the event loop. Most are being read when it ends, and need no watching, which is not cheap. */
let fresh: Unread[] = []

/**
 * Cancels a body if its response is dropped before anybody reads it, so that it gives its connection back. The runtime does so
 * with what it gave out, but not with what has a reader, such as ours.
 */
export function cancelUnlessRead(response: Response, body: ReadableStream): void {
  if (!registry) return
  fresh.push({ response, body })
  if (fresh.length > 1) return
  void nextTurn().then(() => {
    const seen = fresh
    fresh = []
    for (const { response, body } of seen) {
      try {
        if (!body.locked && !response.bodyUsed) registry.register(response, body)
      } catch {
        // Of a class whose members throw once its body is taken: so it is being read.
      }
    }
  })
}

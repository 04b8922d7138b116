import { MessagesNotCommittedError, type MessagesProblem } from '../errors/recording.ts'
import { maxMessages, messageDigest } from '../formats/messages.ts'
import { nextTurn } from './turn.ts'

/** Digests of messages, 32 bytes each, one after the other; undefined if they can't be committed to. Never throws. */
export type DigestMessages = (messages: readonly unknown[]) => Promise<Uint8Array | undefined>

/** How long one turn may take, in ms. A single message is not divided. */
const turnMillis = 0.2

/**
 * Takes the digests of messages in turns, beside the application.
 *
 * @param onError - Told, once a problem, why messages are not committed to. The inference is recorded all the same.
 */
export function createMessageDigests(onError: (error: unknown) => void): DigestMessages {
  const told = new Set<MessagesProblem>()

  function tell(problem: MessagesProblem, cause?: unknown): undefined {
    if (told.has(problem)) return
    told.add(problem)
    onError(new MessagesNotCommittedError(problem, { cause }))
  }

  return async (messages) => {
    if (messages.length > maxMessages) return tell('too-many')
    const digests = new Uint8Array(32 * messages.length)
    let start = performance.now()
    for (const [i, message] of messages.entries()) {
      try {
        digests.set(messageDigest(message), 32 * i)
      } catch (error) {
        return tell('not-canonical', error)
      }
      if (performance.now() - start < turnMillis) continue
      await nextTurn()
      start = performance.now()
    }
    return digests
  }
}

import type { ServerResponse } from 'node:http'
import { Refusal } from '../refusal.ts'

/**
 * Answers that clients have not taken yet. They are held here and not by an upstream, so many bytes in all, and each for so long: then
 * its connection is ended.
 */
export function createHeldAnswers(
  limits: { heldBytes: number; drainMillis: number },
  tell: () => void,
) {
  let held = 0
  return {
    bytes: () => held,
    /** @throws Refusal `busy` if there is no room for another answer. */
    checkRoom(): void {
      if (held < limits.heldBytes) return
      throw new Refusal(503, 'busy', 'Too much was asked for that is not taken.', {
        advice: 'Try again in some seconds.',
        retryAfter: 5,
      })
    },
    hold(outgoing: ServerResponse, bytes: number): void {
      if (outgoing.closed) return
      held += bytes
      const timer = setTimeout(() => {
        tell()
        outgoing.destroy()
      }, limits.drainMillis)
      outgoing.once('close', () => {
        clearTimeout(timer)
        held -= bytes
      })
    },
  }
}

export type HeldAnswers = ReturnType<typeof createHeldAnswers>

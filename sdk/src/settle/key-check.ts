import { SessionKeyExpiringError } from '../errors/recording.ts'
import type { JournalPlace } from '../journal/journal.ts'
import type { Submit } from './submit.ts'

/** Between two looks, in ms. */
const lookEveryMillis = 24 * 3_600_000
/** How long one may take, in ms: it must not keep a process from ending. */
const lookMillis = 2_000
/** How long before its end it is told of, in seconds. */
const aheadSeconds = 7 * 24 * 3_600

/**
 * Tells ahead of time when the session key's authorization ends: nothing is settled after that, and only the owner can extend it. Looks
 * after the first settlement, and then once a day.
 *
 * @param onError - Told with a SessionKeyExpiringError, at each look.
 * @returns To be called after a settlement. Never throws and never waits.
 */
export function createKeyCheck(
  submit: Submit,
  place: JournalPlace,
  onError: (error: unknown) => void,
): () => void {
  let lookAt = 0

  async function look(): Promise<void> {
    const expiresAt = await submit.keyExpiresAt?.(place, AbortSignal.timeout(lookMillis))
    if (expiresAt === undefined) return
    const left = expiresAt - Date.now() / 1_000
    if (left < aheadSeconds) onError(new SessionKeyExpiringError(place.sessionKey, expiresAt))
  }

  return () => {
    const now = performance.now()
    if (now < lookAt) return
    lookAt = now + lookEveryMillis
    // That the chain gives no answer is told by what it is asked to settle.
    look().catch(() => undefined)
  }
}

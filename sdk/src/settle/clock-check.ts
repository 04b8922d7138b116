import { ClockAheadError } from '../errors/recording.ts'
import { couldBeSettled } from '../formats/clock.ts'
import type { SettledBatch, Submit } from './submit.ts'

/** Between two looks at the chain's clock, in ms: a clock goes wrong slowly, and each look is a request. */
const lookEveryMillis = 3_600_000
/** How long one may take, in ms: it must not keep a process from ending. */
const lookMillis = 2_000

/**
 * Compares this machine's clock with the chain's, by batches that were settled just now: after the first one, and then once an hour,
 * until it has told. Receipts with a time that can't be are refuted for good, which nobody would notice here.
 *
 * @param onError - Told once, with a ClockAheadError.
 * @returns Takes a batch and the times of its inferences, in Unix ms. Never throws and never waits.
 */
export function createClockCheck(
  submit: Submit,
  onError: (error: unknown) => void,
): (batch: SettledBatch, servedAt: readonly bigint[]) => void {
  let lookAt = 0
  let told = false

  async function look(batch: SettledBatch, servedAt: readonly bigint[]): Promise<void> {
    const settledAt = await submit.settledAt?.({
      ...batch,
      signal: AbortSignal.timeout(lookMillis),
    })
    if (settledAt === undefined || told) return
    const impossible = servedAt.filter((time) => !couldBeSettled(time, settledAt))
    const [first] = impossible
    if (first === undefined) return
    told = true
    const latest = impossible.reduce((most, time) => (time > most ? time : most), first)
    onError(new ClockAheadError(latest - settledAt * 1000n, impossible.length))
  }

  return (batch, servedAt) => {
    const now = performance.now()
    if (told || now < lookAt) return
    lookAt = now + lookEveryMillis
    // That the chain gives no answer is told by what it is asked to settle.
    look(batch, servedAt).catch(() => undefined)
  }
}

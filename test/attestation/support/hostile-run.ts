import { AttestationRefusedError, MalformedError } from '../../../attestation/src/judging/errors.ts'
import { createRandom, type Random } from '../../contracts/support/random.ts'

/** A case: what is verified, and what it is, for whoever has to look into it. */
export type HostileCase = { what: string; verify: () => unknown }

export type HostileRun = {
  cases: number
  /** How often each rule refused. */
  refusals: Record<string, number>
  /** Cases that were accepted: there must be none. */
  accepted: string[]
  /** Cases that ended with an error of another kind, or with one that nobody thought of. */
  crashes: string[]
  slowestMs: number
}

/** No document, of whatever kind, may take longer. */
export const limitMs = 100

/**
 * Verifies cases that must be refused, each by an error of ours for a reason of ours, in time.
 *
 * @param next - Makes a case.
 */
export function runHostile(
  count: number,
  seed: number,
  next: (random: Random) => HostileCase,
): HostileRun {
  const random = createRandom(seed)
  const run: HostileRun = { cases: 0, refusals: {}, accepted: [], crashes: [], slowestMs: 0 }
  for (; run.cases < count; run.cases++) {
    const { what, verify } = next(random)
    let ms = outcome(verify, run, what)
    // Others use the machine too: what is slow is asked again how much of the processor it takes.
    for (let i = 0; i < 4 && ms > limitMs / 2; i++) ms = Math.min(ms, processorMs(verify))
    run.slowestMs = Math.max(run.slowestMs, ms)
  }
  return run
}

/** Verifies, notes how it ended, and gives the milliseconds that it took. */
function outcome(verify: () => unknown, run: HostileRun, what: string): number {
  const start = performance.now()
  const error = errorOf(verify)
  const ms = performance.now() - start
  if (error instanceof AttestationRefusedError && isOurs(error.cause)) {
    run.refusals[error.rule] = (run.refusals[error.rule] ?? 0) + 1
  } else if (error === undefined) run.accepted.push(what)
  else run.crashes.push(`${what}: ${error.stack ?? ''}\n${String(error.cause)}`)
  return ms
}

function processorMs(verify: () => unknown): number {
  const before = process.cpuUsage()
  errorOf(verify)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

function errorOf(verify: () => unknown): Error | undefined {
  try {
    verify()
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Whether the code meant to refuse: an error that it did not expect stands behind others. */
function isOurs(cause: unknown): boolean {
  return cause === undefined || cause instanceof MalformedError
}

import { AttestationRefusedError, InvalidArchiveError } from '@assay/attestation'
import { EvidenceRefusedError } from '@assay/attestation/evidence'
import { MalformedError } from '../../../attestation/src/judging/errors.ts'
import { createRandom, type Random } from '../../contracts/support/random.ts'

/** A case: what is verified, and what it is, for whoever has to look into it. */
export type HostileCase = { what: string; verify: () => unknown }

/** What is changed. */
export type HostileKind = {
  /** What is accepted as long as nothing is changed: of a verifier that refused these, the run would say nothing. */
  goods: readonly HostileCase[]
  /** Makes a case that must not be accepted. */
  next: (random: Random) => HostileCase
}

/** Thrown where a verifier refuses nothing and yet does not show what was asked, such as for an archive that is not at hand. */
export class Unproven extends Error {
  override name = 'Unproven'
}

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
 * Verifies what is good, which must be accepted, and cases that must be refused, each by an error of ours for a reason of ours, in time.
 */
export async function runHostile(
  count: number,
  seed: number,
  { goods, next }: HostileKind,
): Promise<HostileRun> {
  for (const { what, verify } of goods) {
    const error = await errorOf(verify)
    if (error) throw new Error(`What nobody changed is not accepted: ${what}`, { cause: error })
  }
  const random = createRandom(seed)
  const run: HostileRun = { cases: 0, refusals: {}, accepted: [], crashes: [], slowestMs: 0 }
  for (; run.cases < count; run.cases++) {
    const { what, verify } = next(random)
    let ms = await outcome(verify, run, what)
    // Others use the machine too: what is slow is asked again how much of the processor it takes.
    for (let i = 0; i < 4 && ms > limitMs / 2; i++) ms = Math.min(ms, await processorMs(verify))
    run.slowestMs = Math.max(run.slowestMs, ms)
  }
  return run
}

/** Verifies, notes how it ended, and gives the milliseconds that it took. */
async function outcome(verify: () => unknown, run: HostileRun, what: string): Promise<number> {
  const start = performance.now()
  const error = await errorOf(verify)
  const ms = performance.now() - start
  const reason = error && reasonOf(error)
  if (reason !== undefined) run.refusals[reason] = (run.refusals[reason] ?? 0) + 1
  else if (error === undefined) run.accepted.push(what)
  else run.crashes.push(`${what}: ${error.stack ?? ''}\n${String(error.cause)}`)
  return ms
}

async function processorMs(verify: () => unknown): Promise<number> {
  const before = process.cpuUsage()
  await errorOf(verify)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000
}

async function errorOf(verify: () => unknown): Promise<Error | undefined> {
  try {
    await verify()
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Why it is refused; nothing if the code did not mean to refuse: an error that it did not expect stands behind others. */
function reasonOf(error: Error): string | undefined {
  if (error instanceof AttestationRefusedError) {
    return error.cause === undefined || error.cause instanceof MalformedError
      ? error.rule
      : undefined
  }
  if (error instanceof EvidenceRefusedError) return error.code
  // Without the place, of which there are many.
  if (error instanceof InvalidArchiveError) {
    return error.shortMessage.replace(/^.*?: (?:`.*`|it) (.*)\.$/, 'archive that $1')
  }
  return error instanceof Unproven ? error.message : undefined
}

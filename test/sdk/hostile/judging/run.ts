import { type InferenceReceipt, parseReceipt, verifyReceipt } from '@assay/sdk'
import { type Guess, replay, type Replay } from '../chain/replay.ts'
import { type HostileCase, makeCase } from '../cases.ts'
import type { World } from '../world/world.ts'
import { msOf, limitMs } from './measure.ts'
import { faultIn } from './oracle.ts'
import { count, emptyTally, type Finding, type Tally } from './tally.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

/** One guess in so many is kept. */
const keepEvery = 997

/** Makes the cases of some numbers and judges each. */
export async function runCases(
  world: World,
  seed: number,
  indices: Iterable<number>,
  onProgress: (tally: Tally) => void = () => undefined,
): Promise<Tally> {
  const tally = emptyTally()
  const replays = new Map(Object.entries(world.tapes).map(([id, tape]) => [id, replay(tape)]))
  let guesses = 0
  for (const [chainId, chain] of replays) {
    const kept: Guess[] = (tally.guesses[chainId] = [])
    chain.onGuess = (guess) => {
      if (guesses++ % keepEvery === 0) kept.push(guess)
    }
  }
  for (const index of indices) {
    const hostile = await makeCase(world, seed, index)
    const { outcome, read, ms } = await judge(hostile, world, replays)
    const fault =
      (await faultIn(hostile, outcome, read, world)) ?? (ms > limitMs ? `took ${ms} ms` : undefined)
    if (fault !== undefined) tally.findings.push(findingOf(hostile, fault))
    tally.slowestMs = Math.max(tally.slowestMs, ms)
    count(tally.outcomes, outcome.kind === 'report' ? outcome.report.status : outcome.kind)
    for (const name of new Set(hostile.mutations)) count(tally.mutations, name)
    tally.cases++
    onProgress(tally)
  }
  return tally
}

/** Verifies a case, and takes its time. Gives what was read of it as well. */
async function judge(
  { input, policy, base }: HostileCase,
  world: World,
  replays: ReadonlyMap<string, Replay>,
) {
  let read = typeof input === 'string' ? readOf(input) : undefined
  let outcome: Outcome | undefined
  const verify = (receipt: unknown) => {
    // Who verifies connects to the chain that is named; where there is none of that name, to that of the honest receipt.
    const named = replays.get(String(read?.log.chainId)) ?? replays.get(base.receipt.log.chainId)
    return verifyReceipt(receipt, { policy: world.policies[policy], client: named?.client })
  }
  const ms = await msOf(async () => {
    outcome = await outcomeOf(async () => {
      if (typeof input === 'string') return verify(input)
      // A value may read otherwise the next time: what was read is what is judged.
      read = parseReceipt(input)
      return verify(read)
    })
  })
  return { outcome: outcome as Outcome, read, ms }
}

/** What JSON.parse makes of a text that is a receipt: no member is named twice in one, so nothing else can be meant. */
function readOf(text: string): InferenceReceipt | undefined {
  try {
    parseReceipt(text)
    return JSON.parse(text) as InferenceReceipt
  } catch {
    return undefined
  }
}

function findingOf({ seed, index, mutations, input }: HostileCase, fault: string): Finding {
  return { fault, seed, index, mutations, input: typeof input === 'string' ? input : show(input) }
}

function show(input: unknown): string {
  try {
    return JSON.stringify(input).slice(0, 100_000)
  } catch (error) {
    return String(error)
  }
}

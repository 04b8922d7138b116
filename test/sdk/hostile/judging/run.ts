import { type InferenceReceipt, parseReceipt, verifyReceipt } from '@assay/sdk'
import { type Guess, replay, type Replay } from '../chain/replay.ts'
import { makeBundle } from '../bundles/cases.ts'
import { judgeBundle } from '../bundles/judge.ts'
import { makeEquivocation } from '../equivocations/cases.ts'
import { judgeEquivocation } from '../equivocations/judge.ts'
import { type HostileCase, makeCase } from '../cases.ts'
import type { World } from '../world/world.ts'
import { msOf, limitMs } from './measure.ts'
import { faultIn } from './oracle.ts'
import { count, emptyTally, type Tally } from './tally.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

/** Of each chain one guess in so many is kept, the first one too. */
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
  for (const [chainId, chain] of replays) {
    let guesses = 0
    const kept: Guess[] = (tally.guesses[chainId] = [])
    chain.onGuess = (guess) => {
      if (guesses++ % keepEvery === 0) kept.push(guess)
    }
  }
  for (const index of indices) {
    let ran: Awaited<ReturnType<typeof runCase>>
    try {
      ran = await runCase(world, seed, index, replays)
    } catch (error) {
      // A long run is not to end with the first case that can't be made.
      const fault = `cannot be made, or judged: ${String((error as Error).stack)}`
      tally.findings.push({ fault, seed, index, mutations: [], input: '' })
      continue
    }
    const { made, input, ...result } = ran
    const { fault = result.ms > limitMs ? `took ${result.ms} ms` : undefined } = result
    if (fault !== undefined) {
      const { mutations } = made
      tally.findings.push({ fault, seed, index, mutations, input: shown(input) })
    }
    tally.slowestMs = Math.max(tally.slowestMs, result.ms)
    count(tally.outcomes, result.outcome)
    for (const name of new Set(made.mutations)) count(tally.mutations, name)
    tally.cases++
    onProgress(tally)
  }
  return tally
}

type Replays = ReadonlyMap<string, Replay>

/** Makes and judges one case: most are receipts, one in twenty is a bundle, as many are proofs of equivocation. */
async function runCase(world: World, seed: number, index: number, replays: Replays) {
  if (index % 20 === 7) {
    const made = await makeBundle(world, seed, index)
    const client = replays.get(made.chainId)?.client
    return { made, input: made.text, ...(await judgeBundle(made, world, client)) }
  }
  if (index % 20 === 13) {
    const made = await makeEquivocation(world, seed, index)
    let judged: ReturnType<typeof judgeEquivocation> | undefined
    const ms = await msOf(async () => (judged = judgeEquivocation(made, world)))
    return { made, input: made.input, ms, ...judged! }
  }
  const made = await makeCase(world, seed, index)
  const { outcome, read, ms } = await judge(made, world, replays)
  const fault = await faultIn(made, outcome, read, world)
  const name = outcome.kind === 'report' ? outcome.report.status : outcome.kind
  return { made, input: made.input, ms, fault, outcome: name }
}

/** Verifies a case, and takes its time. Gives what was read of it as well. */
async function judge({ input, policy, base }: HostileCase, world: World, replays: Replays) {
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

function shown(input: unknown): string {
  if (typeof input === 'string') return input
  try {
    return JSON.stringify(input).slice(0, 100_000)
  } catch (error) {
    return String(error)
  }
}

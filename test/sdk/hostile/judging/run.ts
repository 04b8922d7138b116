import { type InferenceReceipt, parseReceipt, verifyReceipt } from '@assay/sdk'
import { type Guess, replay, type Replay } from '../chain/replay.ts'
import { type HostileCase, makeCase } from '../cases.ts'
import type { World } from '../world/world.ts'
import { cpuMsOf, limitMs } from './measure.ts'
import { faultIn } from './oracle.ts'
import { type Outcome, outcomeOf } from './outcome.ts'

/** A case in which something is wrong. */
export type Finding = {
  fault: string
  seed: number
  index: number
  mutations: string[]
  input: string
}

/** What became of many cases. */
export type Tally = {
  cases: number
  findings: Finding[]
  /** How many had each outcome: a report's status, or `refused`. */
  outcomes: Record<string, number>
  /** How many each mutation had its hand in. */
  mutations: Record<string, number>
  slowestMs: number
  /** Some of what was answered as to something unheard-of, to be asked of the real chain. */
  guesses: Record<string, Guess[]>
}

export const emptyTally = (): Tally => ({
  ...{ cases: 0, findings: [], outcomes: {}, mutations: {}, slowestMs: 0, guesses: {} },
})

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
    const outcome = await judge(hostile, world, replays, tally)
    const fault = await faultIn(hostile, outcome, readOf(hostile.input), world)
    if (fault !== undefined) tally.findings.push(findingOf(hostile, fault))
    count(tally.outcomes, outcome.kind === 'report' ? outcome.report.status : outcome.kind)
    for (const name of new Set(hostile.mutations)) count(tally.mutations, name)
    tally.cases++
    onProgress(tally)
  }
  return tally
}

/** Verifies a case, and takes its time. */
async function judge(
  hostile: HostileCase,
  world: World,
  replays: ReadonlyMap<string, Replay>,
  tally: Tally,
): Promise<Outcome> {
  const { input, policy, base } = hostile
  // Who verifies connects to the chain that is named; where there is none of that name, to that of the honest receipt.
  const named =
    replays.get(String(readOf(input)?.log.chainId)) ?? replays.get(base.receipt.log.chainId)
  const options = { policy: world.policies[policy], client: named?.client }
  let outcome: Outcome | undefined
  const ms = await cpuMsOf(async () => {
    outcome = await outcomeOf(() => verifyReceipt(input, options))
  })
  tally.slowestMs = Math.max(tally.slowestMs, ms)
  if (ms > limitMs) tally.findings.push(findingOf(hostile, `took ${ms} ms`))
  return outcome as Outcome
}

/** What JSON.parse makes of an input that is a receipt: no member is named twice in one, so nothing else can be meant. */
function readOf(input: unknown): InferenceReceipt | undefined {
  try {
    const receipt = parseReceipt(input)
    return typeof input === 'string' ? (JSON.parse(input) as InferenceReceipt) : receipt
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

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

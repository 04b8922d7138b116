import { isDeepStrictEqual } from 'node:util'
import { type HostileServer, startHostileServer } from '../observables/server.ts'
import { type Fault, manners, type Passes } from './faults.ts'
import type { Check } from './checks.ts'
import { plainRun, run } from './run.ts'

/** How many faults came to pass, and what was wrong. */
export type Outcome = { happened: number; problems: string[] }

/** How many runs go on at once: most of the time each waits. */
const lanes = 8

/** How long one run may take, in ms, on a busy machine too: all in it that could wait for ever is given up before. */
const maxRunMillis = 90_000

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RangeError('the run does not end')), maxRunMillis)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

/** A number from 0 to below 1, the next of a sequence that a seed gives (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Every way in which a site can fail, in each of its first passes. */
export function faultsOf(passes: ReadonlyMap<string, Passes>, maxPasses: number): Fault[] {
  return [...passes].flatMap(([site, { count, isAsync }]) =>
    (isAsync ? manners : [manners[0]]).flatMap((manner) =>
      Array.from({ length: Math.min(count, maxPasses) }, (_, i) => ({ site, pass: i + 1, manner })),
    ),
  )
}

/** Some of them, at random. */
export function someOf<T>(all: readonly T[], count: number, random: () => number): T[] {
  return all
    .map((item) => ({ item, at: random() }))
    .sort((a, b) => a.at - b.at)
    .slice(0, count)
    .map(({ item }) => item)
}

/**
 * Runs the questions once for each fault.
 *
 * @param left - Of `leaveJournals`.
 * @param problemsOf - What is wrong with a run, beside what the application has seen.
 */
export async function eachFault(
  faults: readonly Fault[],
  left: string,
  problemsOf: Check,
): Promise<Outcome> {
  const queue = [...faults]
  const problems: string[] = []
  let happened = 0
  // The message names the fault that it comes from.
  const onRejection = (reason: unknown) => problems.push(`unhandled: ${String(reason)}`)
  process.on('unhandledRejection', onRejection)

  async function tryOne(server: HostileServer, plain: unknown, fault: Fault): Promise<string[]> {
    try {
      const result = await inTime(run(server, left, fault))
      if (result.faults.happened()) happened++
      const differs = isDeepStrictEqual(result.seen, plain) ? [] : ['other answers']
      return [...differs, ...problemsOf(fault, result)]
    } catch (error) {
      return [String(error)]
    }
  }

  async function work(): Promise<void> {
    const server = await startHostileServer()
    const plain = await plainRun(server)
    for (let fault = queue.shift(); fault; fault = queue.shift()) {
      for (const problem of await tryOne(server, plain, fault)) {
        problems.push(`${fault.site}, pass ${fault.pass}, ${fault.manner}: ${problem}`)
      }
    }
    await server.stop()
  }

  try {
    await Promise.all(Array.from({ length: lanes }, work))
  } finally {
    process.off('unhandledRejection', onRejection)
  }
  return { happened, problems }
}

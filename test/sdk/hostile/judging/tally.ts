import type { Guess } from '../chain/replay.ts'

/** A case in which something is wrong. */
export type Finding = {
  fault: string
  seed: number
  index: number
  mutations: string[]
  input: string
}

/** Whether what was said of a case is wrong, not only slow: others share the machine. */
export const isWrong = ({ fault }: Finding): boolean => !fault.startsWith('took ')

/** What became of many cases. */
export type Tally = {
  cases: number
  findings: Finding[]
  /** How many had each outcome: a report's status, or `refusal`. */
  outcomes: Record<string, number>
  /** How many each mutation had its hand in. */
  mutations: Record<string, number>
  slowestMs: number
  /** Some of what was answered as to something unheard-of, by chain id, to be asked of the real chain. */
  guesses: Record<string, Guess[]>
}

export const emptyTally = (): Tally => ({
  ...{ cases: 0, findings: [], outcomes: {}, mutations: {}, slowestMs: 0, guesses: {} },
})

/** Two runs as one. */
export function sumOf(a: Tally, b: Tally): Tally {
  return {
    cases: a.cases + b.cases,
    findings: [...a.findings, ...b.findings],
    outcomes: countsOf(a.outcomes, b.outcomes),
    mutations: countsOf(a.mutations, b.mutations),
    slowestMs: Math.max(a.slowestMs, b.slowestMs),
    guesses: Object.fromEntries(
      Object.keys({ ...a.guesses, ...b.guesses }).map((id) => [
        id,
        [...(a.guesses[id] ?? []), ...(b.guesses[id] ?? [])],
      ]),
    ),
  }
}

export function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1
}

function countsOf(a: Record<string, number>, b: Record<string, number>) {
  const names = Object.keys({ ...a, ...b }).toSorted()
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]))
}

import type { Fact } from './facts.ts'

/** What is asked, and what is wrong with an answer; undefined: nothing. */
export type Question = {
  name: string
  method: 'GET' | 'POST'
  path: string
  body?: string
  check(answer: unknown): string | undefined
}

/** Who is asked about. */
export type Subject = { owner: string; modelId: string; logId: string; chainId: number }

/** What one asker has seen, which later answers may not fall behind. */
export type Seen = { sequence: bigint; inferences: bigint }

/** As programs ask: what differs is in the variables. */
const graphql = (query: string, variables: Record<string, string>) => ({
  ...{ method: 'POST' as const, path: '/graphql', body: JSON.stringify({ query, variables }) },
})

/**
 * The questions that builders and auditors ask, one after the other without an end.
 *
 * @param fact - Gives an inference that can be asked for.
 */
export function createQuestions({ owner, modelId, logId, chainId }: Subject, fact: () => Fact) {
  const kinds: ((seen: Seen) => Question)[] = [
    () => one(fact()),
    (seen) => latest(owner, seen),
    () => one(fact()),
    () => listed(modelId),
    () => state(fact()),
    () => one(fact()),
    () => proof(fact()),
    (seen) => figures(chainId, seen),
    () => settlements(logId),
    () => one(fact()),
  ]
  let next = 0
  return (seen: Seen): Question => kinds[next++ % kinds.length]!(seen)
}

/** An inference, with what it hangs together with. */
function one({ inferenceId, sequence, commitment, root }: Fact): Question {
  const expected = { sequence, commitment, settlement: { root } }
  return {
    name: 'inference',
    ...graphql(
      'query ($inferenceId: String!) { inference(inferenceId: $inferenceId) { sequence commitment settlement { root } } }',
      { inferenceId },
    ),
    check: (answer) => differing(dataOf(answer)?.inference, expected),
  }
}

/** The latest of an owner: none may be older than one that was seen before. */
function latest(owner: string, seen: Seen): Question {
  const since = seen.sequence
  return {
    name: 'latest',
    ...graphql(
      'query ($owner: String!) { inferences(where: { owner: $owner }, orderBy: "position", orderDirection: "desc", limit: 10) { items { sequence } } }',
      { owner },
    ),
    check(answer) {
      const { items } = (dataOf(answer)?.inferences ?? {}) as { items?: { sequence: string }[] }
      const [first] = items ?? []
      if (!first) return `no items: ${textOf(answer)}`
      const sequences = items!.map((it) => BigInt(it.sequence))
      if (sequences.some((it, i) => i > 0 && it !== sequences[i - 1]! - 1n)) return 'has gaps'
      if (sequences[0]! < since) return `ends at ${sequences[0]}, after ${since} was seen`
      if (sequences[0]! > seen.sequence) seen.sequence = sequences[0]!
      return undefined
    },
  }
}

function listed(modelId: string): Question {
  return {
    ...{ name: 'list', method: 'GET', path: `/inferences?modelId=${modelId}&limit=20` },
    check(answer) {
      const { items } = answer as { items?: { modelId: string; status: string }[] }
      if (items?.length !== 20) return `no items: ${textOf(answer)}`
      const isWrong = items.some((it) => it.modelId !== modelId || it.status !== 'verified')
      return isWrong ? `others among them: ${textOf(answer)}` : undefined
    },
  }
}

function state({ inferenceId, sequence }: Fact): Question {
  return {
    ...{ name: 'state', method: 'GET', path: `/inferences/${inferenceId}` },
    check(answer) {
      const { inference, state } = answer as {
        inference?: { sequence: string }
        state?: { status: string }
      }
      return differing([inference?.sequence, state?.status], [sequence, 'verified'])
    },
  }
}

function proof({ inferenceId, root, sequence }: Fact): Question {
  return {
    ...{ name: 'proof', method: 'GET', path: `/inferences/${inferenceId}/proof` },
    check(answer) {
      const { batch, inference } = answer as {
        batch?: { root: string; proof: string[] }
        inference?: { sequence: string }
      }
      if (!batch || batch.proof.length === 0) return `no proof: ${textOf(answer)}`
      return differing([batch.root, inference?.sequence], [root, sequence])
    },
  }
}

/** Figures never fall behind what was seen. */
function figures(chainId: number, seen: Seen): Question {
  const since = seen.inferences
  return {
    ...{ name: 'stats', method: 'GET', path: '/stats' },
    check(answer) {
      type Stats = { total: { inferences: string } }
      const { chains = {} } = answer as { chains?: Record<string, Stats | undefined> }
      const total = chains[chainId]?.total.inferences
      if (total === undefined) return `no total: ${textOf(answer)}`
      const inferences = BigInt(total)
      if (inferences < since) return `${inferences} in all, after ${since} were seen`
      if (inferences > seen.inferences) seen.inferences = inferences
      return undefined
    },
  }
}

function settlements(logId: string): Question {
  return {
    name: 'settlements',
    ...graphql(
      'query ($logId: String!) { settlements(where: { logId: $logId }, orderBy: "position", orderDirection: "desc", limit: 10) { items { first count } } }',
      { logId },
    ),
    check(answer) {
      const { items } = (dataOf(answer)?.settlements ?? {}) as {
        items?: { first: string; count: string }[]
      }
      if (!items || items.length === 0) return `no items: ${textOf(answer)}`
      const follows = items.every(
        (it, i) => i === 0 || BigInt(it.first) + BigInt(it.count) === BigInt(items[i - 1]!.first),
      )
      return follows ? undefined : `has gaps: ${textOf(answer)}`
    },
  }
}

const dataOf = (answer: unknown) =>
  (answer as { data?: Record<string, unknown> | null }).data ?? undefined
const textOf = (value: unknown) => JSON.stringify(value).slice(0, 200)

function differing(actual: unknown, expected: unknown): string | undefined {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  return a === b ? undefined : `${a} instead of ${b}`
}

import type { GrowingLog } from './growing-log.ts'

const query = `{ inferences(orderBy: "position", limit: 1000) { items { inferenceId } } }`
type Answer = { data?: { inferences?: { items: { inferenceId: string }[] } } }

/**
 * Clients that ask for all inferences without a pause, each time another reader of those that there are, and hold every answer against the chain
 * and against what they have seen before.
 *
 * @param readers - Where to ask; who changes the list replaces readers.
 */
export function startAsking(count: number, readers: readonly string[], log: GrowingLog) {
  const problems: string[] = []
  const answers = Array.from({ length: count }, () => 0)
  let slowestMillis = 0
  let going = true

  async function ask(client: number): Promise<void> {
    let seen = 0
    for (let turn = client; going; turn++) {
      const began = performance.now()
      const url = readers[turn % readers.length]!
      try {
        const ids = await allIds(url)
        const problem = log.problemOf(ids)
        if (problem) problems.push(`${url}: ${problem}`)
        if (ids.length < seen) problems.push(`${url}: ${ids.length} after ${seen}`)
        seen = Math.max(seen, ids.length)
        answers[client]!++
      } catch (error) {
        problems.push(`${url}: ${String(error)}`)
      }
      slowestMillis = Math.max(slowestMillis, performance.now() - began)
    }
  }
  const ended = Promise.all(answers.map((_, client) => ask(client)))
  return {
    problems,
    answers: () => [...answers],
    async stop() {
      going = false
      await ended
      return { answers: answers.reduce((a, b) => a + b), slowestMillis: Math.ceil(slowestMillis) }
    },
  }
}

/** The ids of all inferences that a reader knows, up to 1,000. */
export async function allIds(url: string): Promise<string[]> {
  const { inferences } = (await ask(url, query)) as NonNullable<Answer['data']>
  return inferences!.items.map(({ inferenceId }) => inferenceId)
}

/** Asks by GraphQL. */
export async function ask(url: string, query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
    signal: AbortSignal.timeout(20_000),
  })
  const text = await response.text()
  const { data } = JSON.parse(text) as { data?: Record<string, unknown> }
  if (!response.ok || !data) throw new Error(`${response.status} ${text}`)
  return data
}

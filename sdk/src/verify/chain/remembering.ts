import type { Ask } from './endpoints.ts'

/** How many answers are kept: those about a batch, its model and its environment are a dozen. */
const maxAnswers = 1_000

/**
 * Asks the same only once, as long as what is asked about is a block that doesn't change. Of a method every answer has to be read in
 * the same way. What failed is asked again.
 */
export function remembering(ask: Ask): Ask {
  const answers = new Map<string, Promise<unknown>>()
  return <T>(method: string, params: readonly unknown[], read: (answer: unknown) => T) => {
    const key = JSON.stringify([method, params])
    const known = answers.get(key) as Promise<T> | undefined
    if (known) return known
    const answer = ask(method, params, read)
    answers.set(key, answer)
    answer.catch(() => answers.delete(key))
    // A map keeps the order of its making: what goes is the oldest.
    for (const oldest of answers.keys()) {
      if (answers.size <= maxAnswers) break
      answers.delete(oldest)
    }
    return answer
  }
}

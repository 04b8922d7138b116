import type { AnswerFacts } from './answer-facts.ts'

/**
 * Finds what was recorded for something that an application holds: by identity of a response, a stream's signal or a parsed
 * object, or by the provider's id. Something that fits two inferences fits none: there is never a guess.
 */
export type Lookup<T> = {
  /** Remembers an inference by everything that may come back with it. */
  remember(found: T, keys: { objects: readonly object[]; ids: readonly string[] }): void
  find(of: unknown): T | undefined
}

/** Ids remembered at most; the oldest are forgotten. Objects cost nothing once the application lets go of them. */
const maxIds = 100_000

export function createLookup<T extends object>(): Lookup<T> {
  const byObject = new WeakMap<object, T | 'ambiguous'>()
  const byId = new Map<string, T | 'ambiguous'>()

  function sure(found: T | 'ambiguous' | undefined): T | undefined {
    return found === 'ambiguous' ? undefined : found
  }

  return {
    remember(found, { objects, ids }) {
      for (const object of objects) byObject.set(object, byObject.has(object) ? 'ambiguous' : found)
      for (const id of ids) {
        byId.set(id, byId.has(id) ? 'ambiguous' : found)
        if (byId.size > maxIds) byId.delete(byId.keys().next().value as string)
      }
    },
    find(of) {
      if (typeof of === 'string') return sure(byId.get(of))
      if (typeof of !== 'object' || of === null) return undefined
      const holder = of as {
        controller?: { signal?: unknown }
        id?: unknown
        _request_id?: unknown
      }
      const signal = holder.controller?.signal
      for (const object of [of, signal]) {
        const found =
          typeof object === 'object' && object !== null ? byObject.get(object) : undefined
        if (found) return sure(found)
      }
      for (const id of [holder._request_id, holder.id]) {
        const found = typeof id === 'string' ? byId.get(id) : undefined
        if (found) return sure(found)
      }
      return undefined
    },
  }
}

/** Ids by which a provider's answer can be found again. */
export function idsOf(response: Response, facts: AnswerFacts): string[] {
  return [facts.id, response.headers.get('x-request-id')].filter((id) => typeof id === 'string')
}

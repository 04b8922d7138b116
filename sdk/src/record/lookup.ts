import type { AnswerFacts } from './answer-facts.ts'
import { createStamps } from './stamps.ts'

/**
 * Finds what was recorded for something that an application holds: by identity of a response, a stream's signal or a parsed
 * object, or by the provider's ids. What fits two inferences fits none: there is never a guess.
 */
export type Lookup<T> = {
  /** Remembers an inference by an object that may come back with it. The object is not held. */
  rememberObject(found: T, object: object): void
  rememberIds(found: T, ids: ProviderIds): void
  /**
   * Remembers an answer that still comes in as a stream.
   *
   * @param idSoFar - Its provider's id, once it was said. Not held.
   */
  rememberStream(found: T, idSoFar: IdSoFar): void
  forgetStream(found: T): void
  /** By identity alone, which is certain at once. */
  findObject(objects: readonly object[]): T | undefined
  /** By ids, which are certain once all answers that came before are known. */
  findIds(ids: readonly ProviderIds[]): T | undefined
}

/** Asks a stream for the provider's id. Must not throw. */
export type IdSoFar = () => string | undefined

/** Names that a provider gave to an answer. */
export type ProviderIds = {
  /** `id` in the answer. */
  response?: string | undefined
  /** `x-request-id` or `request-id` among the headers. */
  request?: string | undefined
}

/** Ids remembered at most; the oldest are forgotten. */
const maxIds = 10_000

export function createLookup<T extends object>(): Lookup<T> {
  const byObject = createStamps<T | 'ambiguous'>()
  const byId = new Map<string, T | 'ambiguous'>()
  const streams = new Map<T, WeakRef<IdSoFar>>()

  /** Whether a caller may hold a piece of some stream under a provider's id. */
  function isComingIn(id: string): boolean {
    for (const [found, stream] of streams) {
      const idSoFar = stream.deref()
      if (!idSoFar) streams.delete(found)
      else if (idSoFar() === id) return true
    }
    return false
  }

  function keysOf({ response, request }: ProviderIds): string[] {
    return [
      ...(response ? [`response ${response}`] : []),
      ...(request ? [`request ${request}`] : []),
    ]
  }

  return {
    rememberObject(found, object) {
      const known = byObject.get(object)
      byObject.set(object, known && known !== found ? 'ambiguous' : found)
    },
    rememberStream: (found, idSoFar) => void streams.set(found, new WeakRef(idSoFar)),
    forgetStream: (found) => void streams.delete(found),
    rememberIds(found, ids) {
      for (const key of keysOf(ids)) {
        const known = byId.has(key)
        // An id that comes again is the youngest: were it forgotten early, its next answer would pass for the only one.
        byId.delete(key)
        byId.set(key, known ? 'ambiguous' : found)
        if (byId.size > maxIds) byId.delete(byId.keys().next().value as string)
      }
    },
    findObject(objects) {
      return only(objects.map((object) => byObject.get(object)))
    },
    findIds(ids) {
      // What a stream of the same name is, or will be, is not what has ended before it.
      const certain = ids.map(({ response, request }) =>
        response && isComingIn(response) ? { request } : { response, request },
      )
      return only(certain.flatMap(keysOf).map((key) => byId.get(key)))
    },
  }
}

/** The one inference that is meant; undefined if it is none, or two. */
function only<T extends object>(candidates: readonly (T | 'ambiguous' | undefined)[]) {
  const found = new Set(candidates.filter((it) => typeof it === 'object'))
  return found.size === 1 ? [...found][0] : undefined
}

/** Ids by which a provider's answer can be found again. */
export function idsOf(response: Response, facts: AnswerFacts): ProviderIds {
  return { response: facts.id, request: requestIdIn(response.headers) }
}

/** OpenAI and those like it say `x-request-id`, Anthropic says `request-id`. */
export function requestIdIn(headers: Headers): string | undefined {
  return headers.get('x-request-id') ?? headers.get('request-id') ?? undefined
}

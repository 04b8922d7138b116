import { guarded } from './guarded.ts'

/**
 * A serverless platform's way to keep a request alive after it was answered. It is handed a promise that resolves once a call is
 * recorded and settled, or is known not to be recorded; it never rejects.
 */
export type WaitUntil = (promise: Promise<void>) => void

/**
 * That of the context which platforms hand to a fetch-handler beside the request: an object with a method `waitUntil`.
 *
 * @param rest - What the handler is given after the request; what comes last counts.
 */
export function waitUntilOf(rest: readonly unknown[]): WaitUntil | undefined {
  for (const given of rest.toReversed()) {
    const context = given as { waitUntil?: unknown } | null | undefined
    // It has to be called on its context.
    if (typeof context?.waitUntil === 'function') {
      return guarded((promise) => (context as { waitUntil: WaitUntil }).waitUntil(promise))
    }
  }
  return undefined
}

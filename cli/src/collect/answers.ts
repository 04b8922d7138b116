import { type Problem, problemOf } from './problems.ts'

const noStore = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' }

/** A value as an answer. */
export function json(value: object, status = 200, headers: Record<string, string> = {}): Response {
  return Response.json(value, { status, headers: { ...noStore, ...headers } })
}

/** The answer to a request that is refused. */
export const refuse = (error: unknown): Response => problemAnswer(problemOf(error))

/** A problem as an answer, with more beside it. */
export function problemAnswer(problem: Problem, more: Record<string, unknown> = {}): Response {
  const { status, retryAfter, code } = problem
  return json({ ...problem, ...more }, status, {
    'content-type': 'application/problem+json',
    ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    ...(code === 'token-needed' ? { 'www-authenticate': 'Bearer' } : {}),
  })
}

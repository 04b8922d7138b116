import type { Hex } from 'viem'
import { isHash } from 'viem'
import { InvalidInputError } from '../errors/input.ts'
import { printable } from '../errors/printable.ts'
import type { Refuse } from '../formats/shape.ts'
import { parseStrictJson } from '../formats/strict-json.ts'

/** Why a relay refuses (RFC 9457, with members of its own). */
export type RelayProblem = {
  /** Where the relay describes this kind of problem. */
  type: string
  title: string
  /** HTTP status. */
  status: number
  /** What was wrong this time, and what to do. */
  detail: string
  /** For programs, such as `batch-gap`. */
  code: string
  /** Name of the contract's error, if the contract refused. */
  reason?: string | undefined
  /** Next sequence number of the inference log, as decimal digits, where the batch does not begin there. */
  head?: string | undefined
  /** Seconds after which it may be tried again. */
  retryAfter?: number | undefined
}

/** What became of one batch of a request. */
export type RelayedSettlement = {
  logId: Hex
  root: Hex
} & (
  | { status: 'sent'; transactionHash: Hex }
  /** On chain. Null: it was so before, by a transaction that the relay does not know. */
  | { status: 'settled'; transactionHash: Hex | null }
  | { status: 'refused'; problem: RelayProblem }
)

/** Answer to a settlement request of which at least one batch is not refused; in the request's order. */
export type SettlementAnswer = { settlements: RelayedSettlement[] }

/** Answer to a signed call. */
export type SignedCallAnswer = { status: 'sent' | 'mined'; transactionHash: Hex }

const limits = { maxLength: 2 ** 18, maxDepth: 5, maxValues: 4_000 }
const refuse: Refuse = (path, problem, options) =>
  new InvalidInputError("relay's answer", path, problem, { docsPath: 'relay.md', ...options })

/** JSON of an answer, which is not trusted: nothing but its size and form is known then. @throws InvalidInputError */
export function parseAnswer(text: string): Record<string, unknown> {
  const json = parseStrictJson(text, refuse, limits)
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw refuse('', 'must be an object')
  }
  return json as Record<string, unknown>
}

/** The transaction that an answer names for the first batch, or for the call. Undefined: none. */
export function hashOfAnswer(answer: Record<string, unknown>): Hex | undefined {
  const { settlements, transactionHash } = answer
  const first: unknown = Array.isArray(settlements) ? settlements[0] : { transactionHash }
  const hash = (first as { transactionHash?: unknown } | undefined)?.transactionHash
  return typeof hash === 'string' && isHash(hash) ? hash : undefined
}

/** Code and detail of a refusal, fit to be shown; of an answer that is none, what was seen. */
export function refusalOfAnswer(text: string): { code: string; detail: string } {
  try {
    const { code, detail, title } = parseAnswer(text)
    const told = typeof detail === 'string' ? detail : title
    return {
      code: typeof code === 'string' ? printable(code, 60) : 'unknown',
      detail: typeof told === 'string' ? printable(told, 500) : 'It gives no reason.',
    }
  } catch {
    return { code: 'unknown', detail: `It answers: ${printable(text.slice(0, 100)) || 'nothing'}` }
  }
}

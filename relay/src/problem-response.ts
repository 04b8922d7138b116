import type { BaseError } from '@assay/sdk'
import { ContractRefusalError, InvalidInputError, RpcUnreachableError } from '@assay/sdk'
import type { RelayProblem } from '@assay/sdk/relay'
import { TransactionNotSentError } from '@assay/sdk/transactions'
import { RelayError } from './errors.ts'
import { type ProblemCode, problems } from './problems.ts'

/** A refusal as RFC 9457 has it. What is not meant for who asked does not get out. */
export function problemOf(error: unknown): RelayProblem {
  const known = relayErrorOf(error)
  const [status, title, advice] = problems[known.code]
  return {
    type: `/v1/problems/${known.code}`,
    title,
    status,
    detail: `${known.shortMessage} ${known.metaMessages[0] ?? advice}`,
    code: known.code,
    ...(known.reason === undefined ? {} : { reason: known.reason }),
    ...(known.head === undefined ? {} : { head: String(known.head) }),
    ...(known.retryAfter === undefined ? {} : { retryAfter: known.retryAfter }),
  }
}

/** Which refusal an error is. */
export function relayErrorOf(error: unknown): RelayError {
  if (error instanceof RelayError) return error
  if (error instanceof TransactionNotSentError) {
    const { reason, shortMessage, retryAfter } = error
    return new RelayError(reason, shortMessage, { cause: error, retryAfter })
  }
  if (error instanceof InvalidInputError) return as('malformed', error)
  if (error instanceof ContractRefusalError) {
    const { reason, metaMessages } = error
    return new RelayError(codeOfReason(reason), error.shortMessage, {
      cause: error,
      reason,
      metaMessages,
    })
  }
  if (error instanceof RpcUnreachableError) {
    return new RelayError('chain-unreachable', 'The chain did not answer.', {
      cause: error,
      retryAfter: 5,
    })
  }
  return new RelayError('internal', 'Something unforeseen happened.', { cause: error })
}

function as(code: ProblemCode, error: BaseError): RelayError {
  return new RelayError(code, error.shortMessage, { cause: error })
}

function codeOfReason(reason: string): ProblemCode {
  if (reason === 'InferenceLog_Gap') return 'batch-gap'
  if (reason === 'InferenceLog_Fork' || reason === 'InferenceLog_RootAlreadySettled') {
    return 'batch-fork'
  }
  // Whose signatures it wants is no matter of who signed the request.
  if (/^(?:AttesterQuorum|P256Attester)_/.test(reason)) return 'refused'
  return /_InvalidSignature$|_NoProofOfPossession$/.test(reason) ? 'invalid-signature' : 'refused'
}

/** The answer to a request that is refused. */
export function refuse(error: unknown): Response {
  return problemResponse(problemOf(error))
}

/** A problem as an answer, with more beside it. */
export function problemResponse(
  problem: RelayProblem,
  more: Record<string, unknown> = {},
): Response {
  const { status, retryAfter } = problem
  return new Response(JSON.stringify({ ...problem, ...more }), {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }),
    },
  })
}

import { NoEquivocationError } from '../errors/verification.ts'
import {
  type EquivocationProof,
  equivocationSchema,
  parseEquivocation,
} from '../formats/equivocation.ts'
import { inferenceIdOf, logIdOf } from '../formats/inference.ts'
import { parseReceipt } from '../formats/parse-receipt.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'
import { type Contradiction, contradictionOf } from './contradiction.ts'

/** What a proof of equivocation shows. Plain JSON. */
export type EquivocationReport = {
  /** `refuted`: the file does not show that anybody contradicted itself. It doesn't show the opposite either. */
  status: 'verified' | 'refuted'
  reason: string
  /** Who contradicted itself, and at which place; absent where nothing is shown. */
  contradiction?: Contradiction
  /** What even a verified one doesn't prove. */
  notProven: readonly string[]
}

/** Said wherever such a report is shown. */
const notProven = [
  'Anyone can make a key and name any owner: that the owner authorized the key for its log stands on the chain alone.',
  'Which of the two statements is true, if one is, does not follow.',
] as const

/**
 * Makes of two receipts that contradict each other a file that anyone can check: two inferences that one key put at one place of
 * one inference log. It holds leaf hashes alone, none of the receipts' contents. The same inference in two batches is no
 * contradiction: a recorder that crashed may batch anew.
 *
 * @param a - An `InferenceReceipt`, as JSON text or value; not trusted.
 * @param b - Another one.
 * @returns The same for (a, b) as for (b, a).
 * @throws NoEquivocationError whose `code` says why they don't contradict each other; InvalidReceiptError.
 *
 * @example
 * await writeFile('equivocation.json', JSON.stringify(proveEquivocation(mine, theirs)))
 */
export function proveEquivocation(a: unknown, b: unknown): EquivocationProof {
  const [first, second] = [parseReceipt(a), parseReceipt(b)]
  const { log, inference } = first
  if (JSON.stringify(logMembers(first)) !== JSON.stringify(logMembers(second))) {
    throw new NoEquivocationError('otherLog')
  }
  if (second.inference.sequence !== inference.sequence) throw new NoEquivocationError('otherPlace')
  if (!hasOwnId(first) || !hasOwnId(second)) throw new NoEquivocationError('notIncluded')
  const statements = [first, second].map(({ inferenceId, batch }) => ({ inferenceId, batch }))
  const proof = {
    schema: equivocationSchema,
    log,
    sequence: inference.sequence,
    statements: statements.sort((x, y) => (x.inferenceId < y.inferenceId ? -1 : 1)),
  } as EquivocationProof
  const found = contradictionOf(proof)
  if (typeof found === 'string') throw new NoEquivocationError(found)
  return proof
}

/**
 * Checks a proof of equivocation, by arithmetic alone.
 *
 * @param proof - An `EquivocationProof`, as JSON text or value; not trusted.
 * @throws InvalidEquivocationError if it is none at all.
 */
export function verifyEquivocation(proof: unknown): EquivocationReport {
  const parsed = parseEquivocation(proof)
  const found = contradictionOf(parsed)
  if (typeof found === 'string') {
    return { status: 'refuted', reason: new NoEquivocationError(found).shortMessage, notProven }
  }
  const who = found.role === 'sessionKey' ? 'session key' : 'owner'
  return {
    status: 'verified',
    reason: `The ${who} ${found.signer} signed two inferences for number ${found.sequence} of one inference log.`,
    contradiction: found,
    notProven,
  }
}

const logMembers = ({ log }: InferenceReceipt) => [
  log.chainId,
  log.inferenceLog,
  log.owner,
  log.sessionKey,
  log.instance,
]

function hasOwnId({ log, inference, inferenceId }: InferenceReceipt): boolean {
  const logId = logIdOf({ ...log, chainId: Number(log.chainId) })
  const [sequence, servedAt] = [BigInt(inference.sequence), BigInt(inference.servedAt)]
  return inferenceIdOf({ ...inference, logId, sequence, servedAt }) === inferenceId
}

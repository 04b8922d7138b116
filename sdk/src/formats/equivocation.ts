import type { Hex } from 'viem'
import { InvalidEquivocationError } from '../errors/input.ts'
import { parseStrict } from './parse-strict.ts'
import type { InferenceReceipt } from './receipt.ts'
import { logShape, proofShape, signedBatch, uint64, word } from './receipt-shape.ts'
import { listOf, objectOf, oneOf, type Refuse } from './shape.ts'

/** Name of the format of proofs of equivocation. */
export const equivocationSchema = 'assay/equivocation/v1'

/** That a signed batch has a certain leaf at a place: nothing of the inference but its leaf hash, behind which salts hide the rest. */
export type PlacedStatement = {
  /** Leaf hash. */
  inferenceId: Hex
  /** The batch, its signature, and the leaf's inclusion proof. */
  batch: InferenceReceipt['batch']
}

/**
 * Two statements by one key that contradict each other: two inferences at one place of one inference log. Anyone can check it,
 * without the chain. All hex is lower case, all integers are decimal digits in strings.
 */
export type EquivocationProof = {
  schema: typeof equivocationSchema
  /** The inference log, as in a receipt. */
  log: InferenceReceipt['log']
  /** The place: a sequence number of the inference log. */
  sequence: string
  statements: [PlacedStatement, PlacedStatement]
}

/** The strict form; sdk/schema/equivocation-v1.json says the same as JSON Schema. */
const equivocationShape = objectOf({
  schema: oneOf(equivocationSchema),
  log: logShape,
  sequence: uint64,
  statements: listOf(
    objectOf({ inferenceId: word, batch: objectOf({ ...signedBatch, proof: proofShape }) }),
    2,
    2,
  ),
})

/**
 * Reads a proof of equivocation and refuses everything that has not its form. Whether it proves anything is `verifyEquivocation`'s
 * part.
 *
 * @param proof - JSON text, or the value it stands for; not trusted.
 * @throws InvalidEquivocationError that names the place and what is wrong there.
 */
export function parseEquivocation(proof: unknown): EquivocationProof {
  const refuse: Refuse = (...problem) => new InvalidEquivocationError(...problem)
  return parseStrict(proof, equivocationShape, refuse) as EquivocationProof
}

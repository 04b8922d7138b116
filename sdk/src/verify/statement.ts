import type { Hex } from 'viem'
import { batchDigest } from '../formats/batch.ts'
import { toBytes } from '../formats/bytes.ts'
import type { PlacedStatement } from '../formats/equivocation.ts'
import { logIdOf } from '../formats/inference.ts'
import { verifyInclusion } from '../formats/merkle-tree.ts'
import { batchOf, type InferenceReceipt } from '../formats/receipt.ts'
import { recoverAddress } from './recover-address.ts'

/** Why a signed batch does not say what is claimed of it. */
export type StatementFault = 'notIncluded' | 'notSigned'

/**
 * Who says, in a statement, that a leaf is at a place: the session key or the owner, by its plain key.
 *
 * A signed root has exactly one hash at a place that is a leaf's: `count` is signed, so size and index are fixed, and with them
 * the number of hashes in a proof and the side of each (RFC 9162, section 2.1.3.2). An inner node stands at a lesser depth and can't
 * pose as a leaf, even though its preimage is not shown here; two leaves for one place would be a collision of SHA-256.
 *
 * An owner that is a contract (ERC-1271) accepts signatures by its code, which can't be shown by a file.
 */
export function signerOfStatement(
  log: InferenceReceipt['log'],
  sequence: bigint,
  { inferenceId, batch }: PlacedStatement,
): { signer: Hex } | { fault: StatementFault } {
  const place = { ...log, chainId: Number(log.chainId) }
  const { first, count, ...rest } = batchOf(batch, logIdOf(place))
  const index = sequence - first
  const isInside = index >= 0n && index < BigInt(count)
  const proof = batch.proof.map((hash) => toBytes(hash))
  const isIncluded =
    isInside &&
    verifyInclusion(toBytes(inferenceId), Number(index), count, proof, toBytes(batch.root))
  if (!isIncluded) return { fault: 'notIncluded' }
  const digest = batchDigest({ first, count, ...rest }, place.chainId, place.inferenceLog)
  const signer = recoverAddress(toBytes(digest), toBytes(batch.signature))
  return signer === log.sessionKey || signer === log.owner ? { signer } : { fault: 'notSigned' }
}

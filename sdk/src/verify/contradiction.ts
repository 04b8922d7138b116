import type { Address, Hex } from 'viem'
import type { NoEquivocationCode } from '../errors/verification.ts'
import type { EquivocationProof } from '../formats/equivocation.ts'
import { logIdOf } from '../formats/inference.ts'
import { signerOfStatement } from './statement.ts'

/** Who contradicted itself, and where. */
export type Contradiction = {
  signer: Address
  /** What the signer is to the inference log. */
  role: 'sessionKey' | 'owner'
  /** Decimal digits. */
  chainId: string
  inferenceLog: Address
  logId: Hex
  /** Sequence number of both inferences, decimal digits. */
  sequence: string
  inferenceIds: [Hex, Hex]
}

/** What a proof of equivocation shows, or why it shows nothing. */
export function contradictionOf({
  log,
  sequence,
  statements: [one, other],
}: EquivocationProof): Contradiction | NoEquivocationCode {
  if (one.inferenceId === other.inferenceId) return 'sameStatement'
  const first = signerOfStatement(log, BigInt(sequence), one)
  if ('fault' in first) return first.fault
  const second = signerOfStatement(log, BigInt(sequence), other)
  if ('fault' in second) return second.fault
  const { signer } = first
  // The owner may put right what a stolen key signed: two keys that differ contradict each other, not themselves.
  if (second.signer !== signer) return 'otherSigner'
  return {
    signer,
    role: signer === log.sessionKey ? 'sessionKey' : 'owner',
    chainId: log.chainId,
    inferenceLog: log.inferenceLog,
    logId: logIdOf({ ...log, chainId: Number(log.chainId) }),
    sequence,
    inferenceIds: [one.inferenceId, other.inferenceId],
  }
}

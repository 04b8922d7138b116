import type { Hex } from 'viem'
import { toBytes } from '../formats/bytes.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import { recoverAddress } from './recover-address.ts'
import type { Subject } from './subject.ts'

/** Who signed a batch, as far as the signature itself shows: the session key, the owner in its place, or neither's plain key. */
export type Signer = 'sessionKey' | 'owner' | 'other'

/**
 * Finds who signed the batch of a receipt, as the contract does first: by a plain key. An owner that is a contract accepts
 * signatures by its own code (ERC-1271), which only the chain knows.
 */
export function signerOf({ batchDigest, place, receipt }: Subject): Signer {
  return signerOfBatch(batchDigest, receipt.batch.signature, place)
}

/**
 * Finds whose plain key signed a batch.
 *
 * @param digest - EIP-712 digest of the batch.
 * @param signature - r, s, v; not trusted.
 * @param place - Addresses in lower case.
 */
export function signerOfBatch(
  digest: Hex,
  signature: Hex,
  { sessionKey, owner }: Pick<InferenceLogKey, 'sessionKey' | 'owner'>,
): Signer {
  const address = recoverAddress(toBytes(digest), toBytes(signature))
  if (address === sessionKey) return 'sessionKey'
  return address === owner ? 'owner' : 'other'
}

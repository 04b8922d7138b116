import { toBytes } from '../formats/bytes.ts'
import { recoverAddress } from './recover-address.ts'
import type { Subject } from './subject.ts'

/** Who signed a batch, as far as the signature itself shows: the session key, the owner in its place, or neither's plain key. */
export type Signer = 'sessionKey' | 'owner' | 'other'

/**
 * Finds who signed the batch of a receipt, as the contract does first: by a plain key. An owner that is a contract accepts
 * signatures by its own code (ERC-1271), which only the chain knows.
 */
export function signerOf({ batchDigest, place, receipt }: Subject): Signer {
  const address = recoverAddress(toBytes(batchDigest), toBytes(receipt.batch.signature))
  if (address === place.sessionKey) return 'sessionKey'
  return address === place.owner ? 'owner' : 'other'
}

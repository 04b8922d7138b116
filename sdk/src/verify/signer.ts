import type { Hex } from 'viem'
import { toBytes } from '../formats/bytes.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import { recoverAddress } from './recover-address.ts'

/** Who signed a batch, as far as the signature itself shows: the session key, the owner in its place, or neither's plain key. */
export type Signer = 'sessionKey' | 'owner' | 'other'

/**
 * Finds who signed a batch, as the contract does first: by a plain key. An owner that is a contract accepts signatures by its own
 * code (ERC-1271), which only the chain knows.
 *
 * @param digest - EIP-712 digest of the batch.
 */
export function signerOf(
  digest: Hex,
  signature: Hex,
  { sessionKey, owner }: InferenceLogKey,
): Signer {
  const address = recoverAddress(toBytes(digest), toBytes(signature))
  if (address === sessionKey) return 'sessionKey'
  return address === owner ? 'owner' : 'other'
}

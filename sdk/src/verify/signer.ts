import { type Hex, recoverAddress } from 'viem'
import { toBytes } from '../formats/bytes.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import type { Subject } from './subject.ts'

/** Half the order of secp256k1: a higher s is the twin of a signature, which the contract refuses (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** Who signed a batch, as far as the signature itself shows: the session key, the owner in its place, or neither's plain key. */
export type Signer = 'sessionKey' | 'owner' | 'other'

/**
 * Finds who signed the batch of a receipt, as the contract does first: by a plain key. An owner that is a contract accepts
 * signatures by its own code (ERC-1271), which only the chain knows.
 */
export function signerOf({ receipt, place, batchDigest }: Subject): Promise<Signer> {
  return signerOfBatch(batchDigest, receipt.batch.signature, place)
}

/**
 * Finds whose plain key signed a batch.
 *
 * @param digest - EIP-712 digest of the batch.
 * @param signature - r, s, v.
 * @param place - Addresses in lower case.
 */
export async function signerOfBatch(
  digest: Hex,
  signature: Hex,
  { sessionKey, owner }: Pick<InferenceLogKey, 'sessionKey' | 'owner'>,
): Promise<Signer> {
  if (!isCanonical(signature)) return 'other'
  const address = await recoverAddress({ hash: digest, signature }).catch(() => '')
  if (address.toLowerCase() === sessionKey) return 'sessionKey'
  return address.toLowerCase() === owner ? 'owner' : 'other'
}

function isCanonical(signature: Hex): boolean {
  if (signature.length !== 132) return false
  const v = toBytes(signature)[64]
  return (v === 27 || v === 28) && BigInt(`0x${signature.slice(66, 130)}`) <= halfOrder
}

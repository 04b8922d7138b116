import { recoverAddress } from 'viem'
import { toBytes } from '../formats/bytes.ts'
import type { Subject } from './subject.ts'

/** Half the order of secp256k1: a higher s is the twin of a signature, which the contract refuses (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** Who signed a batch, as far as the signature itself shows: the session key, the owner in its place, or neither's plain key. */
export type Signer = 'sessionKey' | 'owner' | 'other'

/**
 * Finds who signed the batch of a receipt, as the contract does first: by a plain key. An owner that is a contract accepts
 * signatures by its own code (ERC-1271), which only the chain knows.
 */
export async function signerOf(subject: Subject): Promise<Signer> {
  const { signature } = subject.receipt.batch
  if (!isCanonical(signature)) return 'other'
  const address = await recoverAddress({ hash: subject.batchDigest, signature }).catch(() => '')
  const { sessionKey, owner } = subject.place
  if (address.toLowerCase() === sessionKey) return 'sessionKey'
  return address.toLowerCase() === owner ? 'owner' : 'other'
}

function isCanonical(signature: `0x${string}`): boolean {
  if (signature.length !== 132) return false
  const v = toBytes(signature)[64]
  return (v === 27 || v === 28) && BigInt(`0x${signature.slice(66, 130)}`) <= halfOrder
}

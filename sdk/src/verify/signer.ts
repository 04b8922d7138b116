import { hexToBytes, isAddressEqual, recoverAddress } from 'viem'
import type { ChainState, Unread } from './chain-state.ts'
import type { Subject } from './subject.ts'

/** Half the order of secp256k1: a higher s is the twin of a signature, which the contract refuses (EIP-2). */
const halfOrder = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0n

/** Who signed a batch: the session key, the owner in its place, nobody of both, or not to be said without the chain. */
export type Signer = 'sessionKey' | 'owner' | 'ownerContract' | 'other' | 'unknown'

/** Finds who signed the batch of a receipt, as the contract would: by key first, then by the owner's code (ERC-1271). */
export async function signerOf(subject: Subject, state: ChainState | Unread): Promise<Signer> {
  const { signature } = subject.receipt.batch
  const { sessionKey, owner } = subject.place
  if (isCanonical(signature)) {
    const address = await recoverAddress({ hash: subject.batchDigest, signature }).catch(
      () => undefined,
    )
    if (address && isAddressEqual(address, sessionKey)) return 'sessionKey'
    if (address && isAddressEqual(address, owner)) return 'owner'
  }
  if ('unread' in state) return 'unknown'
  return state.acceptedByOwner ? 'ownerContract' : 'other'
}

function isCanonical(signature: `0x${string}`): boolean {
  if (signature.length !== 132) return false
  const v = hexToBytes(signature)[64]
  return (v === 27 || v === 28) && BigInt(`0x${signature.slice(66, 130)}`) <= halfOrder
}

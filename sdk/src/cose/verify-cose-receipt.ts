import { InvalidInputError } from '../errors/input.ts'
import { signerOf } from '../verify/signer.ts'
import { readCoseReceipt } from './read-cose-receipt.ts'
import type { CoseSignature } from './sign1.ts'

/** Verifies a signature by a key that the verifier trusts, whatever key the receipt names. */
export type CoseVerifier = (signature: CoseSignature) => boolean | Promise<boolean>

export type VerifyCoseReceiptOptions = {
  /** Needed where a receipt carries a signature in COSE's own way. Default: none. */
  verify?: CoseVerifier | undefined
}

/**
 * Whether the session key, or the owner in its place, signed the batch that a COSE receipt's proof leads to; and, if the receipt
 * carries a signature in COSE's own way, whether that holds too. The chain is not asked: that the key was in force and the batch settled is
 * `verifyReceipt`'s part.
 *
 * @param bytes - A COSE_Sign1; not trusted.
 * @returns One answer for proof and signatures, as RFC 9942, section 5.2.1, advises.
 * @throws InvalidCoseReceiptError if it is none; InvalidInputError if `verify` is needed and missing; what `verify` throws.
 */
export async function verifyCoseReceipt(
  bytes: Uint8Array,
  { verify }: VerifyCoseReceiptOptions = {},
): Promise<boolean> {
  const { batchDigest, batchSignature, place, cose } = readCoseReceipt(bytes)
  if (cose && !verify) {
    throw new InvalidInputError(
      'options',
      'verify',
      `is missing, for COSE algorithm ${cose.algorithm}`,
    )
  }
  if (signerOf(batchDigest, batchSignature, place) === 'other') return false
  return cose && verify ? verify(cose) : true
}

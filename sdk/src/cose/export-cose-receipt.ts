import { Tagged } from 'cborg'
import { InvalidInputError, InvalidReceiptError } from '../errors/input.ts'
import { toBytes } from '../formats/bytes.ts'
import { encodeInference } from '../formats/inference.ts'
import { parseReceipt } from '../formats/parse-receipt.ts'
import { checkInclusion } from '../verify/checks/record.ts'
import { subjectOf } from '../verify/subject.ts'
import { encodeBatchHeader } from './batch-header.ts'
import { encodeCbor } from './cbor.ts'
import {
  coseAlgorithms,
  coseLabels,
  coseReceiptType,
  inclusionProofs,
  merkleTreeSha256,
  sign1Tag,
} from './registry.ts'
import { sigStructure } from './sign1.ts'

/** Somebody who vouches for a batch in COSE's own way, by any algorithm of its registry. */
export type CoseSigner = {
  /** COSE's number of the algorithm, such as -7 for ES256 or -47 for ES256K. */
  algorithm: number
  /** What tells a verifier the key. Default: nothing. */
  keyId?: Uint8Array | undefined
  /** Signs the bytes of a Sig_structure, and gives the signature in the form of the algorithm. */
  sign: (toBeSigned: Uint8Array) => Uint8Array | Promise<Uint8Array>
}

export type ExportCoseReceiptOptions = {
  /**
   * Who signs. Default: nobody; the session key's signature of the batch stands there then, under a private algorithm, and any
   * COSE library can read the receipt, but only Assay's rules verify it.
   */
  signer?: CoseSigner | undefined
}

/**
 * Makes a COSE receipt of inclusion (RFC 9942) from a receipt: a tagged COSE_Sign1 with the inclusion proof of the inference in
 * its batch, and the batch's root as the detached payload. Deterministic CBOR. No private field is in it, shown or not.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted.
 * @returns The bytes of the COSE_Sign1. The leaf data that the proof begins with stands in its unprotected header.
 * @throws InvalidReceiptError if it is no receipt, or its inference is not in its batch; InvalidInputError if the signer is malformed
 * or gives no bytes; what the signer throws.
 *
 * @example
 * const bytes = await exportCoseReceipt(receipt)
 * const signed = await exportCoseReceipt(receipt, { signer: es256kSigner(sessionKey) })
 */
export async function exportCoseReceipt(
  receipt: unknown,
  { signer }: ExportCoseReceiptOptions = {},
): Promise<Uint8Array> {
  const subject = subjectOf(parseReceipt(receipt))
  const { place, inference, batch } = subject
  const inclusion = checkInclusion(subject)
  // The payload is detached: who reads a false proof would see a signature that fails, and not why.
  if (inclusion.status !== 'verified') {
    throw new InvalidReceiptError('batch', `does not hold the inference. ${inclusion.reason}`)
  }
  const { signature, proof } = subject.receipt.batch
  const header = new Map<number, unknown>([
    [coseLabels.algorithm, signer ? checked(signer).algorithm : coseAlgorithms.eip712Batch],
    [coseLabels.type, coseReceiptType],
    [coseLabels.dataStructure, merkleTreeSha256],
    [coseLabels.batch, encodeBatchHeader({ ...batch, place, ...(signer ? { signature } : {}) })],
  ])
  if (signer?.keyId) header.set(coseLabels.keyId, signer.keyId)
  const protectedHeader = encodeCbor(header)
  const index = Number(inference.sequence - batch.first)
  const proofBytes = encodeCbor([batch.count, index, proof.map((hash) => toBytes(hash))])
  const unprotected = new Map<number, unknown>([
    [coseLabels.dataStructureProofs, new Map([[inclusionProofs, [proofBytes]]])],
    [coseLabels.leaf, encodeInference(inference)],
  ])
  const signed = signer
    ? await signer.sign(sigStructure(protectedHeader, toBytes(batch.root)))
    : toBytes(signature)
  if (!(signed instanceof Uint8Array) || signed.length === 0) {
    throw new InvalidInputError('COSE signer', 'sign', 'must give a signature as bytes')
  }
  return encodeCbor(new Tagged(sign1Tag, [protectedHeader, unprotected, null, signed]))
}

function checked(signer: CoseSigner): CoseSigner {
  const { algorithm, keyId } = signer
  if (!Number.isSafeInteger(algorithm) || algorithm === coseAlgorithms.eip712Batch) {
    throw new InvalidInputError('COSE signer', 'algorithm', 'must be a number of COSE’s registry')
  }
  if (keyId !== undefined && !(keyId instanceof Uint8Array)) {
    throw new InvalidInputError('COSE signer', 'keyId', 'must be bytes')
  }
  return signer
}

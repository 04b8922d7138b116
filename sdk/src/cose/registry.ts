/**
 * Labels of header parameters: of RFC 9052 (1, 4), RFC 9596 (16) and RFC 9942 (395, 396), and two for private use, which are below
 * -65536 by RFC 9052, section 11.1.
 */
export const coseLabels = {
  algorithm: 1,
  keyId: 4,
  type: 16,
  dataStructure: 395,
  dataStructureProofs: 396,
  /** Protected: the batch, but for its size and root, which follow from the proof. */
  batch: -66249,
  /** Unprotected: the leaf data of the inference. */
  leaf: -66250,
} as const

/** Value of `dataStructure`: RFC9162_SHA256 (RFC 9942, section 5.1). */
export const merkleTreeSha256 = 1

/** Label of inclusion proofs among those of RFC9162_SHA256 (RFC 9942, section 5.2). */
export const inclusionProofs = -1

/** Algorithms by their COSE numbers. */
export const coseAlgorithms = {
  /** ECDSA with P-256 and SHA-256 (RFC 9053, section 2.1). */
  es256: -7,
  /** ECDSA with secp256k1 and SHA-256 (RFC 8812, section 3.2). */
  es256k: -47,
  /**
   * The batch's own signature: secp256k1, r ‖ s ‖ v, over the EIP-712 digest of the batch. Private use (RFC 9053, section 11):
   * a verifier that does not know it fails, as it must, since what is signed is no Sig_structure.
   */
  eip712Batch: -66248,
} as const

/** Value of `type`: what the protected header means. */
export const coseReceiptType = 'application/vnd.assay.cose-receipt.v1'

/** Tag of a COSE_Sign1 (RFC 9052, section 4.2), which RFC 9942, section 4.3, asks for. */
export const sign1Tag = 18

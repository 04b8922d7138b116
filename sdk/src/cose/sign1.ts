import { encodeCbor } from './cbor.ts'

/** One signature in a form that COSE knows, or a private one. */
export type CoseSignature = {
  /** COSE's number of the algorithm, such as -7 for ES256. */
  algorithm: number
  /** What tells the key, if anything does. */
  keyId?: Uint8Array
  /** Bytes that the signature is over: the Sig_structure. */
  toBeSigned: Uint8Array
  signature: Uint8Array
}

/**
 * What a COSE_Sign1 signs: the Sig_structure with the context `Signature1` and no external data (RFC 9052, section 4.4).
 *
 * @param protectedHeader - As it stands in the message.
 * @param payload - The root, detached from the message.
 */
export function sigStructure(protectedHeader: Uint8Array, payload: Uint8Array): Uint8Array {
  return encodeCbor(['Signature1', protectedHeader, new Uint8Array(0), payload])
}

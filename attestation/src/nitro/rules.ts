import { chainRules } from '../judging/rules.ts'

/** What a Nitro attestation document has to fulfil, in the order in which it is checked. */
export const nitroRules = {
  size: 'The document has 16 KiB at most, and 1 KiB beside its payload.',
  form: 'It is a COSE_Sign1 in its one encoding, tagged or not, with an empty unprotected header.',
  algorithm: 'It is signed by ES384: that, and nothing else, stands in the protected header.',
  payload: 'The payload is CBOR with the members of an attestation document, each once.',
  moduleId: 'It names the module that issued it.',
  digest: 'Its registers are made by SHA-384.',
  pcrs: 'It has one to 32 registers, among them PCR0, PCR1 and PCR2.',
  publicKey: 'The public key, if there is one, has 1 to 1,024 bytes.',
  userData: 'The user data, if there are any, have 512 bytes at most.',
  nonce: 'The nonce, if there is one, has 512 bytes at most.',
  certificates: 'It brings its certificates, each of 1 to 1,024 bytes.',
  ...chainRules,
  timestamp:
    'It was made before it was judged, give or take five minutes, and while its certificate was valid.',
  signature: 'It is signed by the key of its certificate.',
  debugMode: 'PCR0, PCR1 and PCR2 are not zero, as they are in debug mode.',
} as const

/** A rule for Nitro attestation documents. */
export type NitroRule = keyof typeof nitroRules

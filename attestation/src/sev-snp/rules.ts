import { chainRules } from '../judging/rules.ts'

/** What an SEV-SNP attestation report has to fulfil, in the order in which it is checked. */
export const sevSnpRules = {
  size: 'The report has 1,184 bytes.',
  version: 'It is of version 2, 3 or 5, and what that version reserves is zero.',
  algorithm: 'It is signed by ECDSA with P-384 and SHA-384.',
  signingKey: 'It says which key signed it, VCEK or VLEK, and the certificate is of that key.',
  product: 'The report, the certificate and the root are of one product: Milan, Genoa or Turin.',
  collateral:
    'Its certificates came with it: that of the key, that of the signing key of AMD, the root.',
  ...chainRules,
  tcb: 'The certificate is for the versions of firmware and microcode that the report names, and these are no newer than what runs.',
  chipId:
    'The certificate of the key of a chip names the chip of the report; that of the key of a provider names none.',
  signature: 'It is signed by the key of its certificate.',
  revocationList:
    'A list of revocations, if it came, is signed by the root and valid at the time of judging.',
  revoked: 'By that list the signing key of AMD is not revoked.',
  debugMode: 'The policy lets nobody debug the guest.',
  migration: 'The policy lets no migration agent see the guest.',
  vmpl: 'It was asked for at the privilege level that was asked for here; by default at the highest, 0.',
} as const

/** A rule for SEV-SNP attestation reports. */
export type SevSnpRule = keyof typeof sevSnpRules

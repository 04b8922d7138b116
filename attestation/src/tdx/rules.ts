import { chainRules } from '../judging/rules.ts'

/** What a TDX quote has to fulfil, in the order in which it is checked. */
export const tdxRules = {
  size: 'The quote has 32 KiB at most, and nothing behind its end.',
  version: 'It is of version 4 or 5.',
  teeType: 'It is of a trust domain of TDX.',
  algorithm:
    'Its attestation key signs by ECDSA with P-256, and a quoting enclave of Intel made it.',
  body: 'Its body is a TD report, 1.0 or 1.5.',
  certification:
    'The report of the quoting enclave came with it, and the certificates of the key of the platform.',
  collateral:
    'What Intel says of the platform came with it: TCB info, the identity of the enclave, lists of revocations.',
  ...chainRules,
  revocationList:
    'The lists of revocations are signed by their authorities and valid at the time of judging.',
  revoked: 'By these lists none of the certificates is revoked.',
  tcbInfo: 'The TCB info is signed by Intel, of TDX, and valid at the time of judging.',
  qeIdentity: 'So is the identity of the quoting enclave.',
  platform: 'The certificate and the TCB info are of one platform.',
  qeReport: 'The report of the quoting enclave is signed by the key of the platform.',
  attestationKey: 'That report holds the attestation key.',
  quotingEnclave: 'The enclave is one of Intel, by its identity, and nobody can debug it.',
  signature: 'The quote is signed by the attestation key.',
  tdxModule: 'The TDX module is one of Intel, by the TCB info.',
  tcbLevel: 'Intel knows a level of firmware and microcode that the platform has reached.',
  tcbStatus: 'The status of platform, module and quoting enclave together is one that is accepted.',
  debugMode: 'The attributes let nobody debug the trust domain.',
  migration: 'The attributes let nobody migrate it, and no service domain is bound to it.',
  attributes:
    'The attributes keep the host from injecting faults (SEPT_VE_DISABLE), and have no bit that is unknown.',
  eventLog: 'The log of events, if it came, gives the four runtime registers.',
} as const

/** A rule for TDX quotes. */
export type TdxRule = keyof typeof tdxRules

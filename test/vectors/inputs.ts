import type { EnvironmentClaim } from '@assay/sdk/formats'
import { type Hex, sha256, stringToHex } from 'viem'

/** Thirty-two bytes that a label stands for. */
export const pattern = (label: string): Hex => sha256(stringToHex(`assay test vector: ${label}`))
/** Likewise an address. */
export const addressOf = (label: string): Hex => `0x${pattern(label).slice(2, 42)}`

/** The environment of `ids.json`. */
export const claim: EnvironmentClaim = {
  kind: 'nitro',
  measurement: pattern('measurement'),
  keyType: 'ed25519',
  key: pattern('key'),
  attestationDigest: pattern('attestation'),
}
export const registry = {
  chainId: 31337,
  environmentRegistry: addressOf('EnvironmentRegistry'),
  registrant: addressOf('registrant'),
}

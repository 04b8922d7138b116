import type { Address, Hex } from 'viem'

/** What the contracts know of a session key; times in Unix seconds. */
export type SessionKey = {
  authorizedAt: number
  expiresAt: number
  revokedAt: number
  compromisedSince: number
  compromiseReportedAt: number
}

export type Settlement = {
  first: bigint
  count: number
  settledAt: bigint
  mode: number
  signedByKey: boolean
}

export type Model = {
  publisher: Address
  publishedAt: number
  retiredAt: number
  manifestDigest: Hex
  signingRoot: Hex
}

export type Environment = {
  registrant: Address
  registeredAt: number
  validUntil: number
  verifier: Address
  revokedAt: number
  keyType: number
  reporter: Address
  compromisedSince: number
  compromiseReportedAt: number
  kind: Hex
  measurement: Hex
  attestationDigest: Hex
  key: Hex
}

/** All that the four contracts remember. Keys of two parts are joined by `/`; what is absent has no entry. */
export const emptyState = () => ({
  /** By log. */
  heads: new Map<Hex, bigint>(),
  /** By log and root. */
  settlements: new Map<string, Settlement>(),
  /** By owner and session key. */
  sessionKeys: new Map<string, SessionKey>(),
  models: new Map<Hex, Model>(),
  /** By publisher, name and version as JSON. */
  versions: new Map<string, Hex>(),
  /** By manifest digest, in order of publication. */
  modelsOf: new Map<Hex, Hex[]>(),
  environments: new Map<Hex, Environment>(),
  /** By verdict and who spoke last of it: whether it stands. In events alone. */
  verdicts: new Map<string, boolean>(),
})

export type State = ReturnType<typeof emptyState>

export const emptySessionKey = (): SessionKey => ({
  authorizedAt: 0,
  expiresAt: 0,
  revokedAt: 0,
  compromisedSince: 0,
  compromiseReportedAt: 0,
})

import type { environment, model, sessionKey, settlement, verdict } from 'ponder:schema'
import type { ChainFacts, StandingVerdict } from '@assay/sdk/verify'
import { zeroHash } from 'viem'

/*
 * Rows in the form in which the SDK's rules take what they read from the contracts. Times of the contracts have 48 bits, so that they
 * are exact as numbers.
 */

type Row<T extends { $inferSelect: unknown }> = T['$inferSelect']
type Fact<K extends keyof ChainFacts> = NonNullable<ChainFacts[K]>

const optional = (time: bigint | null) => (time === null ? undefined : Number(time))

export function settlementOf(row: Row<typeof settlement>): Fact<'settlement'> {
  const { first, count, settledAt, mode, signedByKey } = row
  return { first, count: Number(count), settledAt, mode, signedByKey }
}

export function sessionKeyOf(row: Row<typeof sessionKey>): Fact<'sessionKey'> {
  return {
    authorizedAt: Number(row.authorizedAt ?? 0n),
    expiresAt: Number(row.expiresAt ?? 0n),
    revokedAt: optional(row.revokedAt),
    compromise:
      row.compromiseReportedAt === null
        ? undefined
        : { since: Number(row.compromisedSince), reportedAt: Number(row.compromiseReportedAt) },
  }
}

export function modelOf(row: Row<typeof model>): Fact<'model'> {
  const { publisher, manifestDigest, name, version } = row
  return {
    publisher,
    manifestDigest,
    signingRoot: row.signingRoot ?? zeroHash,
    publishedAt: Number(row.publishedAt),
    retiredAt: optional(row.retiredAt),
    name,
    version,
  }
}

export function environmentOf(row: Row<typeof environment>): Fact<'environment'> {
  const { registrant, kind, measurement, key, keyType, reporter } = row
  return {
    registrant,
    registeredAt: Number(row.registeredAt),
    validUntil: Number(row.validUntil),
    revokedAt: optional(row.revokedAt),
    compromise:
      row.compromiseReportedAt === null || reporter === null
        ? undefined
        : {
            since: Number(row.compromisedSince),
            reportedAt: Number(row.compromiseReportedAt),
            reporter,
          },
    verifier: row.verifier ?? undefined,
    kind,
    measurement,
    keyType: keyType === 'unknown' ? 'none' : keyType,
    key,
    attestationDigest: row.attestationDigest ?? zeroHash,
  }
}

/** @returns Undefined if this version has no name for what it speaks of. */
export function verdictOf(row: Row<typeof verdict>): StandingVerdict | undefined {
  const { author, subjectKind, subject, score, tag, postedAt } = row
  if (subjectKind === 'unknown') return undefined
  const evidenceDigest = row.evidenceDigest ?? zeroHash
  return { author, subjectKind, subject, score, tag, evidenceDigest, postedAt }
}

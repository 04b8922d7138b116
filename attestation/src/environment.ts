import { createHash } from 'node:crypto'
import { type EnvironmentClaim, keyAddressOf, type KeyType, keyTypes } from '@assay/sdk/formats'
import type { Hex } from 'viem'
import type { BoundAciKeyset } from './aci/bound-keyset.ts'
import { hexOf } from './judging/bytes.ts'
import { AttestationRefusedError } from './judging/errors.ts'
import type { AttestationReport } from './judging/report.ts'
import type { EnvironmentRule } from './judging/rules.ts'

/** A report with what its kind holds of a key, or of a keyset that `verifyArchive` found to be bound. */
export type KeyHolder =
  | (AttestationReport<'nitro'> & { publicKey?: Hex })
  | (AttestationReport<'tdx' | 'sev-snp'> & { reportData: Hex; aci?: BoundAciKeyset })

/** Beginnings of the SubjectPublicKeyInfo (DER) of the keys that the registry holds without it. */
const spkiPrefixes = {
  secp256k1: '3056301006072a8648ce3d020106052b8104000a034200',
  p256: '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  ed25519: '302a300506032b6570032100',
  rsa: '',
} as const

/**
 * What an enclave puts into `public_key` for its key to be bound: the key's SubjectPublicKeyInfo in DER.
 *
 * @param key - As the registry holds it.
 */
export function nitroPublicKeyOf(keyType: Exclude<KeyType, 'none'>, key: Hex): Hex {
  return `0x${spkiPrefixes[keyType]}${key.slice(2)}`
}

/**
 * What a machine puts into the first half of its report data for a key to be bound: SHA-256 of "assay/environment-key/v1", the key
 * type's number (one byte) and the key. The other half is free, for a nonce.
 *
 * @param key - As the registry holds it.
 * @returns 32 bytes.
 */
export function reportDataOf(keyType: Exclude<KeyType, 'none'>, key: Hex): Hex {
  const hash = createHash('sha256').update('assay/environment-key/v1')
  hash.update(Uint8Array.of(keyTypes[keyType])).update(Buffer.from(key.slice(2), 'hex'))
  return hexOf(hash.digest())
}

/**
 * Checks that a registered environment is the one that a verified document speaks of: kind, measurement, archived bytes and key.
 *
 * @param report - Of the document, judged at the time of the registration's block.
 * @param claim - What is registered.
 * @param archiveDigest - SHA-256 of what is archived: the document, or the archive that holds it. Default: the document's.
 * @throws AttestationRefusedError by the name of the rule that is broken.
 */
export function checkEnvironment(
  report: KeyHolder,
  claim: EnvironmentClaim,
  archiveDigest: Hex = report.documentDigest,
): void {
  const demand = (holds: boolean, rule: EnvironmentRule, problem: string) => {
    if (!holds) throw new AttestationRefusedError(report.kind, rule, problem)
  }
  demand(claim.kind === report.kind, 'registeredKind', `it is registered as ${claim.kind}`)
  demand(
    claim.measurement.toLowerCase() === report.measurement,
    'registeredMeasurement',
    `it has the measurement ${report.measurement}, and ${claim.measurement} is registered`,
  )
  demand(
    claim.attestationDigest.toLowerCase() === archiveDigest,
    'registeredDocument',
    `it has the digest ${archiveDigest}, and ${claim.attestationDigest} is registered`,
  )
  demand(claim.keyType !== 'none', 'registeredKey', 'no key is registered that it could bind')
  const { keyType, key } = claim as EnvironmentClaim & { keyType: Exclude<KeyType, 'none'> }
  if (report.kind !== 'nitro' && report.aci) {
    const { digest, receiptKeys } = report.aci
    // Its report data are the keyset's, so that they can be no key's.
    demand(
      keyType === 'ed25519' && receiptKeys.some((it) => it.key === key.toLowerCase()),
      'registeredKey',
      `it binds the keyset ${digest}, and the registered key is none of those that sign its receipts`,
    )
    return
  }
  const [found, expected] =
    report.kind === 'nitro'
      ? [report.publicKey ?? 'nothing', nitroPublicKeyOf(keyType, key)]
      : [report.reportData.slice(0, 66), reportDataOf(keyType, key)]
  const signing = report.kind === 'nitro' ? undefined : signingDataOf(keyType, key)
  demand(
    found === expected.toLowerCase() || found === signing,
    'registeredKey',
    `for the registered key it would hold ${expected}, and it holds ${found}`,
  )
}

/**
 * What machines of NEAR AI Cloud and dstack's proxies put there for the key of their chat signatures: the address of a secp256k1 key,
 * padded with zeros, or an Ed25519 key itself. Nobody has two keys of one address, so it binds the key too.
 */
function signingDataOf(keyType: KeyType, key: Hex): string | undefined {
  const address = keyAddressOf({ keyType, key })
  if (address) return address.padEnd(66, '0')
  return keyType === 'ed25519' ? key.toLowerCase() : undefined
}

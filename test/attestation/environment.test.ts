import type { createPublicKey } from 'node:crypto'
import { generateKeyPairSync } from 'node:crypto'
import { checkEnvironment, nitroPublicKeyOf, reportDataOf } from '@assay/attestation'
import { verifyNitro } from '@assay/attestation/nitro'
import { verifySevSnp } from '@assay/attestation/sev-snp'
import { verifyTdx } from '@assay/attestation/tdx'
import type { EnvironmentClaim, KeyType } from '@assay/sdk/formats'
import { concatHex, type Hex, sha256, stringToHex, toHex } from 'viem'
import { generatePrivateKey, privateKeyToAccount, publicKeyToAddress } from 'viem/accounts'
import { describe, expect, test } from 'vitest'
import { judgedAt } from './support/chains.ts'
import { createNitroAuthority } from './support/nitro-authority.ts'
import { ruleOf } from './support/refusals.ts'
import { createSnpAuthority } from './support/snp-authority.ts'
import { bodyAt, createTdxAuthority } from './support/tdx-authority.ts'

type Key = { keyType: Exclude<KeyType, 'none'>; key: Hex; spki: Buffer }
const hex = (bytes: Uint8Array): Hex => toHex(bytes)

function keys(): Key[] {
  const spkiOf = (pair: { publicKey: ReturnType<typeof createPublicKey> }) =>
    pair.publicKey.export({ type: 'spki', format: 'der' })
  const p256 = spkiOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }))
  const secp256k1 = spkiOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }))
  const ed25519 = spkiOf(generateKeyPairSync('ed25519'))
  const rsa = spkiOf(generateKeyPairSync('rsa', { modulusLength: 2048 }))
  return [
    { keyType: 'secp256k1', key: hex(secp256k1.subarray(-65)), spki: secp256k1 },
    { keyType: 'p256', key: hex(p256.subarray(-65)), spki: p256 },
    { keyType: 'ed25519', key: hex(ed25519.subarray(-32)), spki: ed25519 },
    { keyType: 'rsa', key: hex(rsa), spki: rsa },
  ]
}
const nitro = createNitroAuthority()
const snp = createSnpAuthority()
const tdx = createTdxAuthority()

/** A verified report of a document that holds a key, by the way of its kind. */
const reports = {
  nitro: ({ keyType, key }: Key) => {
    const { document, pin } = nitro.documentOf({
      payload: (members) =>
        members.set('public_key', Buffer.from(nitroPublicKeyOf(keyType, key).slice(2), 'hex')),
    })
    return verifyNitro(document, { at: judgedAt, pins: [pin] })
  },
  'sev-snp': ({ keyType, key }: Key) => {
    const { document, pin, collateral } = snp.documentOf({
      report: (bytes) => bytes.write(reportDataOf(keyType, key).slice(2), 0x50, 'hex'),
    })
    return verifySevSnp(document, { at: judgedAt, pins: [pin], collateral })
  },
  tdx: ({ keyType, key }: Key) => {
    const { document, pin, collateral } = tdx.documentOf({
      signedPart: (bytes) => {
        bytes.write(reportDataOf(keyType, key).slice(2), 48 + bodyAt.reportData, 'hex')
        return bytes
      },
    })
    return verifyTdx(document, { at: judgedAt, pins: [pin], collateral })
  },
}
const kinds = ['nitro', 'sev-snp', 'tdx'] as const
const all = kinds.flatMap((kind) => keys().map((key) => [kind, key.keyType, key] as const))

describe.each(all)('%s with a key of %s', (kind, _, key) => {
  const report = reports[kind](key)
  const claim: EnvironmentClaim = {
    kind,
    measurement: report.measurement,
    keyType: key.keyType,
    key: key.key,
    attestationDigest: report.documentDigest,
  }
  const check = (change: Partial<EnvironmentClaim>, digest?: Hex) =>
    ruleOf(() => checkEnvironment(report, { ...claim, ...change }, digest))

  test('default', () => {
    expect(check({})).toBe('accepted')
    const archived = sha256('0x01')
    expect(check({ attestationDigest: archived }, archived)).toBe('accepted')
  })

  test('error: AttestationRefusedError for whatever else is registered', () => {
    const other = keys().find(({ keyType }) => keyType === key.keyType)!
    expect(check({ kind: 'none' })).toBe('registeredKind')
    expect(check({ measurement: sha256('0x02') })).toBe('registeredMeasurement')
    expect(check({ attestationDigest: sha256('0x03') })).toBe('registeredDocument')
    expect(check({}, sha256('0x03'))).toBe('registeredDocument')
    expect(check({ key: other.key })).toBe('registeredKey')
    expect(check({ keyType: 'none', key: '0x' })).toBe('registeredKey')
    // The same bytes as a key of another type are another key.
    const type = key.keyType === 'p256' ? 'secp256k1' : 'p256'
    expect(check({ keyType: type })).toBe('registeredKey')
  })
})

test('behavior: the key of Nitro is a SubjectPublicKeyInfo, as OpenSSL writes it', () => {
  for (const { keyType, key, spki } of keys())
    expect(nitroPublicKeyOf(keyType, key)).toBe(hex(spki))
})

test('behavior: report data are the digest of a label, the number of the type and the key', () => {
  const { publicKey } = privateKeyToAccount(generatePrivateKey())
  const label = stringToHex('assay/environment-key/v1')
  expect(reportDataOf('secp256k1', publicKey)).toBe(sha256(concatHex([label, '0x01', publicKey])))
})

test('behavior: a machine may hold the address of its key, or the key itself, as providers write them', () => {
  const [secp256k1, , ed25519] = keys() as [Key, Key, Key]
  const address = publicKeyToAddress(secp256k1.key).toLowerCase()
  for (const [key, data] of [
    [secp256k1, address.slice(2).padEnd(64, '0')],
    [ed25519, ed25519.key.slice(2)],
  ] as const) {
    const { document, pin, collateral } = tdx.documentOf({
      signedPart: (bytes) => {
        bytes.write(data, 48 + bodyAt.reportData, 'hex')
        return bytes
      },
    })
    const report = verifyTdx(document, { at: judgedAt, pins: [pin], collateral })
    const { measurement, documentDigest: attestationDigest } = report
    const judged = (of: Key) =>
      ruleOf(() => checkEnvironment(report, { kind: 'tdx', measurement, attestationDigest, ...of }))
    expect(judged(key)).toBe('accepted')
    const other = keys().find(({ keyType }) => keyType === key.keyType)!
    expect(judged(other)).toBe('registeredKey')
  }
})

test('behavior: an enclave without key binds none', () => {
  const { document, pin } = nitro.documentOf({ payload: (members) => members.delete('public_key') })
  const report = verifyNitro(document, { at: judgedAt, pins: [pin] })
  const [key] = keys() as [Key]
  const claim = {
    kind: 'nitro',
    measurement: report.measurement,
    attestationDigest: report.documentDigest,
  }
  expect(ruleOf(() => checkEnvironment(report, { ...claim, ...key }))).toBe('registeredKey')
})

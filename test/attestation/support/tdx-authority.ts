import { createHash, createPublicKey, type KeyObject, sign } from 'node:crypto'
import type { TdxCollateral } from '@assay/attestation/tdx'
import type { Hex } from 'viem'
import {
  authorityKeyId,
  basicConstraints,
  type CertificateSpec,
  noAuthority,
  signsCertificates,
  signsData,
  subjectKeyId,
  writeCertificate,
} from './certificates.ts'
import { chainOf, judgedAt, newKey } from './chains.ts'
import { integer, octets, oid, sequence } from './der.ts'
import { type ListSpec, writeList } from './revocation-lists.ts'
import { cpuSvns, enclaveSvn, fmspc, pceSvn, qeIdentity, tcbInfo, tdxSvns } from './tdx-texts.ts'

type Specs = readonly CertificateSpec[]
/** What a test changes of a quote and its collateral that are good. */
export type TdxChanges = {
  /** Default: 4. */
  version?: 4 | 5
  /** Of version 5 only. Default: 1.5. */
  report15?: boolean
  platformChain?: (specs: Specs) => CertificateSpec[]
  signerChain?: (specs: Specs) => CertificateSpec[]
  identityChain?: (specs: Specs) => CertificateSpec[]
  /** Bytes before they are signed: of the header with the body, of the quoting enclave's report. */
  signedPart?: (bytes: Buffer) => Uint8Array
  enclave?: (report: Buffer) => void
  /** Once they are signed. */
  enclaveSigned?: (report: Buffer) => void
  /** Of the platform, for its certificate. */
  extension?: (parts: { cpuSvns: number[]; pceSvn: number; pceId: Buffer; fmspc: Buffer }) => void
  attestationKey?: KeyObject
  /** The key that signs, in place of the attestation key. */
  signer?: KeyObject
  /** Types of what certifies: of the outer and the inner part. */
  types?: readonly [number, number]
  /** The chain's text in the quote. */
  pem?: (text: string) => string
  /** All bytes once they are signed. */
  quote?: (quote: Buffer) => Uint8Array
  info?: (info: ReturnType<typeof tcbInfo>) => unknown
  identity?: (identity: ReturnType<typeof qeIdentity>) => unknown
  rootList?: Partial<ListSpec>
  platformList?: Partial<ListSpec>
  collateral?: (collateral: TdxCollateral) => unknown
}

const names = {
  root: 'Intel SGX Root CA',
  authority: 'Intel SGX PCK Platform CA',
  platform: 'Intel SGX PCK Certificate',
  signer: 'Intel SGX TCB Signing',
}
const sgx = '1.2.840.113741.1.13.1'
const pair = (id: string, value: Uint8Array) => sequence(oid(`${sgx}.${id}`), value)

/** What Intel says of a platform in its certificate. */
export function platformExtension(change?: TdxChanges['extension']) {
  const parts = {
    cpuSvns: [...cpuSvns],
    pceSvn,
    pceId: Buffer.alloc(2),
    fmspc: Buffer.from(fmspc, 'hex'),
  }
  change?.(parts)
  const svns = [...parts.cpuSvns, parts.pceSvn].map((svn, i) => pair(`2.${i + 1}`, integer(svn)))
  const tcb = sequence(...svns, pair('2.18', octets(Buffer.from(parts.cpuSvns))))
  return {
    id: sgx,
    value: sequence(
      pair('1', octets(Buffer.alloc(16, 9))),
      pair('2', tcb),
      pair('3', octets(parts.pceId)),
      pair('4', octets(parts.fmspc)),
      pair('5', integer(0, 0x0a)),
    ),
  }
}

/** The same PEM that Intel writes. */
export const pemOf = (ders: readonly Uint8Array[]) =>
  ders
    .map(
      (der) =>
        `-----BEGIN CERTIFICATE-----\n${Buffer.from(der)
          .toString('base64')
          .replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    )
    .join('')

/** An authority like Intel's, with keys of its own. */
export function createTdxAuthority() {
  const [root, authority, platform, signer, attestation] = Array.from({ length: 5 }, () =>
    newKey('P-256'),
  ) as [KeyObject, KeyObject, KeyObject, KeyObject, KeyObject]
  const algorithm = 'ecdsa-sha256' as const
  const last = (pathLength: number) => [
    basicConstraints(pathLength),
    signsCertificates,
    subjectKeyId(createPublicKey(root)),
    authorityKeyId(createPublicKey(root)),
  ]
  const member = (commonName: string, key: KeyObject) => ({ commonName, key, algorithm })
  const rootMember = { ...member(names.root, root), extensions: last(1) }
  const platformSpecs = chainOf([
    member(names.platform, platform),
    member(names.authority, authority),
    rootMember,
  ])
  const signerSpecs = [
    ...chainOf([member(names.signer, signer), rootMember]).slice(0, 1),
    platformSpecs[2]!,
  ]
  const rootDer = writeCertificate(platformSpecs[2]!)
  const written = {
    platform: [...chainWith().slice(0, 2).map(writeCertificate), rootDer],
    signer: [writeCertificate(signerSpecs[0]!), rootDer],
  }

  function chainWith(change?: TdxChanges['extension']): CertificateSpec[] {
    const [leaf, ...rest] = platformSpecs as [CertificateSpec, ...CertificateSpec[]]
    const keyId = authorityKeyId(createPublicKey(authority))
    return [
      { ...leaf, extensions: [noAuthority, signsData, keyId, platformExtension(change)] },
      ...rest,
    ]
  }
  const listOf = (issuer: string, key: KeyObject, change: Partial<ListSpec> = {}) =>
    writeList({
      issuer,
      signer: key,
      algorithm,
      revoked: [],
      thisUpdate: judgedAt - 60,
      nextUpdate: judgedAt + 60,
      ...change,
    })

  function signedText(value: unknown, chain: readonly Buffer[]) {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return {
      text,
      signature: sign('sha256', Buffer.from(text), { key: signer, dsaEncoding: 'ieee-p1363' }),
      issuerChain: pemOf(chain),
    }
  }

  function documentOf(changes: TdxChanges = {}) {
    const writeRest = (specs: Specs, change?: (specs: Specs) => CertificateSpec[]) =>
      change
        ? change(specs).map((spec) =>
            spec === platformSpecs[2] ? rootDer : writeCertificate(spec),
          )
        : undefined
    const { extension } = changes
    const platformDers =
      writeRest(chainWith(extension), changes.platformChain) ??
      (extension
        ? [writeCertificate(chainWith(extension)[0]!), ...written.platform.slice(1)]
        : written.platform)
    const [info, identity] = [tcbInfo(), qeIdentity()]
    const plain: TdxCollateral = {
      tcbInfo: signedText(
        changes.info?.(info) ?? info,
        writeRest(signerSpecs, changes.signerChain) ?? written.signer,
      ),
      qeIdentity: signedText(
        changes.identity?.(identity) ?? identity,
        writeRest(signerSpecs, changes.identityChain) ?? written.signer,
      ),
      rootList: listOf(names.root, root, changes.rootList),
      platformList: listOf(names.authority, authority, changes.platformList),
    }
    const quote = quoteOf(changes, platformDers)
    const pin: Hex = `0x${createHash('sha256')
      .update(platformDers.at(-1) ?? '')
      .digest('hex')}`
    return {
      document: quote,
      collateral: (changes.collateral?.(plain) ?? plain) as TdxCollateral,
      pin,
      rootDer,
    }
  }

  function quoteOf(changes: TdxChanges, platformDers: readonly Buffer[]): Buffer {
    const key = changes.attestationKey ?? attestation
    const point = createPublicKey(key).export({ type: 'spki', format: 'der' }).subarray(-64)
    const authentication = Buffer.from(Array.from({ length: 32 }, (_, i) => i))
    const enclave = enclaveReport(point, authentication)
    changes.enclave?.(enclave)
    const enclaveSignature = sign('sha256', enclave, { key: platform, dsaEncoding: 'ieee-p1363' })
    changes.enclaveSigned?.(enclave)
    const text = changes.pem?.(pemOf(platformDers)) ?? `${pemOf(platformDers)}\0`
    const [outer, inner] = changes.types ?? [6, 5]
    const certified = typed(
      outer,
      Buffer.concat([
        enclave,
        enclaveSignature,
        sized(authentication),
        typed(inner, Buffer.from(text, 'latin1')),
      ]),
    )
    const plain = signedPartOf(changes.version ?? 4, changes.report15 ?? true)
    const signedPart = Buffer.from(changes.signedPart?.(plain) ?? plain)
    const signature = sign('sha256', signedPart, {
      key: changes.signer ?? key,
      dsaEncoding: 'ieee-p1363',
    })
    const end = Buffer.concat([signature, point, certified])
    const length = Buffer.alloc(4)
    length.writeUInt32LE(end.length)
    const quote = Buffer.concat([signedPart, length, end])
    return Buffer.from(changes.quote?.(quote) ?? quote)
  }
  return {
    documentOf,
    keys: { root, authority, platform, signer, attestation },
    serials: {
      authority: platformSpecs[1]!.serial,
      platform: platformSpecs[0]!.serial,
      signer: signerSpecs[0]!.serial,
    },
    rootMember: platformSpecs[2]!,
  }
}

function typed(type: number, content: Uint8Array): Buffer {
  const head = Buffer.alloc(6)
  head.writeUInt16LE(type)
  head.writeUInt32LE(content.length, 2)
  return Buffer.concat([head, content])
}

function sized(content: Uint8Array): Buffer {
  const head = Buffer.alloc(2)
  head.writeUInt16LE(content.length)
  return Buffer.concat([head, content])
}

function enclaveReport(point: Uint8Array, authentication: Uint8Array): Buffer {
  const report = Buffer.alloc(384)
  Buffer.from(qeIdentity().attributes, 'hex').copy(report, 48)
  Buffer.from(qeIdentity().mrsigner, 'hex').copy(report, 128)
  report.writeUInt16LE(2, 256)
  report.writeUInt16LE(enclaveSvn, 258)
  createHash('sha256').update(point).update(authentication).digest().copy(report, 320)
  return report
}

/** Where members stand in a body of TD report 1.0, which begins behind 48 bytes of header. */
export const bodyAt = {
  teeTcbSvn: 0,
  mrSignerSeam: 64,
  seamAttributes: 112,
  tdAttributes: 120,
  mrTd: 136,
  rtmrs: 328,
  reportData: 520,
  mrServiceTd: 600,
} as const

function signedPartOf(version: number, report15: boolean): Buffer {
  const header = Buffer.alloc(48)
  header.writeUInt16LE(version)
  header.writeUInt16LE(2, 2)
  header.writeUInt32LE(0x81, 4)
  Buffer.from('939a7233f79c4ca9940a0db3957f0607', 'hex').copy(header, 12)
  const body = Buffer.alloc(version === 5 && report15 ? 648 : 584)
  Buffer.from(tdxSvns).copy(body)
  body.fill(0x5e, 16, 64)
  body.writeUInt32LE(0x1000_0000, bodyAt.tdAttributes)
  body.fill(0xe7, 128, 136)
  body.fill(0xd0, bodyAt.mrTd, bodyAt.mrTd + 48)
  for (let i = 0; i < 4; i++)
    body.fill(0xa0 + i, bodyAt.rtmrs + 48 * i, bodyAt.rtmrs + 48 * (i + 1))
  body.fill(0xda, bodyAt.reportData, bodyAt.reportData + 64)
  return Buffer.concat([header, ...(version === 5 ? [typed(report15 ? 3 : 2, body)] : [body])])
}

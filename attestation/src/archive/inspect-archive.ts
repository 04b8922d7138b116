import { type AciBinding, readAciBinding } from '../aci/bound-keyset.ts'
import { hexOf, isZero, sha256Hex } from '../judging/bytes.ts'
import { judged, readAs } from '../judging/judge.ts'
import { shownTime } from '../judging/moment.ts'
import type { AttestationKind } from '../judging/rules.ts'
import { readSign1 } from '../nitro/cose.ts'
import { readNitroDocument } from '../nitro/document.ts'
import { readSnpReport } from '../sev-snp/snp-report.ts'
import { pemInQuote } from '../tdx/chains.ts'
import { readTdxQuote } from '../tdx/quote.ts'
import { readCertificate } from '../x509/certificate.ts'
import { certificatesInPem } from '../x509/pem.ts'
import type { AttestationArchive } from './archive.ts'

/** A document, and the keyset that comes with it, if there is one. */
export type Inspected = Pick<AttestationArchive, 'kind' | 'document'> & {
  aci?: AciBinding | undefined
}

/** What a document says, none of it checked: texts by their names. */
export type Inspection = { kind: AttestationKind; says: readonly (readonly [string, string])[] }

/**
 * Of which kind a document seems to be, by its first bytes and its length; nothing if of none that is known. It may still be none.
 */
export function kindOfDocument(document: Uint8Array): AttestationKind | undefined {
  const [first, second, , , tee] = document
  if (first === 0x84 || first === 0xd2) return 'nitro'
  if (document.length === 1_184) return 'sev-snp'
  if ((first === 4 || first === 5) && second === 0 && tee === 0x81) return 'tdx'
  return undefined
}

/**
 * Reads what a document says, and the keyset that comes with it, and believes none of it: nothing is verified.
 *
 * @throws AttestationRefusedError if it can't be read.
 */
export function inspectArchive({ kind, document, aci }: Inspected): Inspection {
  const says = judged(kind, () => [...readers[kind](document), ...(aci ? saidBy(aci) : [])])
  return { kind, says: [['document digest', sha256Hex(document)], ...says] }
}

type Said = readonly (readonly [string, string])[]

const readers: Record<AttestationKind, (document: Uint8Array) => Said> = {
  nitro(document) {
    const read = readNitroDocument(readSign1(document).payload)
    const { publicKey, userData, nonce } = read
    const set = [...read.pcrs].filter(([, pcr]) => !isZero(pcr))
    return [
      ['module', read.moduleId],
      ['made', shownTime(Math.floor(read.timestamp / 1000))],
      ...set.map(([index, pcr]) => [`PCR${index}`, hexOf(pcr)] as const),
      ...optional({ 'public key': publicKey, 'user data': userData, nonce }),
      ...certificatesOf([read.certificate, ...read.cabundle.toReversed()]),
    ]
  },
  tdx(document) {
    const { version, report, certification } = readTdxQuote(document)
    const pem = pemInQuote(certification.chain)
    return [
      ['version', String(version)],
      ['MRTD', hexOf(report.mrTd)],
      ...report.rtmrs.map((rtmr, i) => [`RTMR${i}`, hexOf(rtmr)] as const),
      ['report data', hexOf(report.reportData)],
      ['attributes', hexOf(report.tdAttributes)],
      ['TCB', hexOf(report.teeTcbSvn)],
      ...certificatesOf(readAs('certificateForm', 'its chain', () => certificatesInPem(pem))),
    ]
  },
  'sev-snp'(document) {
    const report = readSnpReport(document)
    return [
      ['version', String(report.version)],
      ['signed by', report.signingKey.toUpperCase()],
      ['measurement', hexOf(report.measurement)],
      ['report data', hexOf(report.reportData)],
      ['host data', hexOf(report.hostData)],
      ['policy', `0x${report.policy.toString(16)}`],
      ['VMPL', String(report.vmpl)],
      ['chip', hexOf(report.chipId)],
      ['TCB', hexOf(report.reportedTcb)],
    ]
  },
}

function saidBy(aci: AciBinding): Said {
  const { digest, notAfter, receiptKeys, nonce } = readAciBinding(aci)
  return [
    ['keyset', digest],
    ['keyset ends', shownTime(notAfter)],
    ...(nonce ? [['keyset asked with', nonce] as const] : []),
    ...receiptKeys.map(({ id, key }, i) => [`receipt key ${i + 1}`, `${key}, ${id}`] as const),
  ]
}

function optional(parts: Record<string, Uint8Array | undefined>): Said {
  return Object.entries(parts).flatMap(([name, bytes]) => (bytes ? [[name, hexOf(bytes)]] : []))
}

function certificatesOf(ders: readonly Uint8Array[]): Said {
  return ders.map((der, i) => {
    const what = `certificate ${i + 1}`
    const read = readAs('certificateForm', what, () => readCertificate(der))
    const { commonName, notBefore, notAfter } = read
    return [what, `${commonName}, ${shownTime(notBefore)} to ${shownTime(notAfter)}`] as const
  })
}

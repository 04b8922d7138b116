import { same } from '../judging/bytes.ts'
import { demand, readAs } from '../judging/judge.ts'
import { type Reader, readerOf } from '../judging/reader.ts'

/** What the TDX module says of a trust domain: TD report 1.0, with two more members in 1.5. */
export type TdReport = {
  /** Versions of the module's components. */
  teeTcbSvn: Uint8Array
  /** Of the TDX module. */
  mrSeam: Uint8Array
  mrSignerSeam: Uint8Array
  seamAttributes: Uint8Array
  tdAttributes: Uint8Array
  xfam: Uint8Array
  mrTd: Uint8Array
  mrConfigId: Uint8Array
  mrOwner: Uint8Array
  mrOwnerConfig: Uint8Array
  rtmrs: readonly [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
  reportData: Uint8Array
  /** Of 1.5 only. */
  mrServiceTd: Uint8Array | undefined
}

/** A quote (Intel's DCAP quote, versions 4 and 5), read and not believed. */
export type TdxQuote = {
  version: number
  report: TdReport
  /** What the attestation key signs. */
  signed: Uint8Array
  signature: Uint8Array
  /** x ‖ y. */
  attestationKey: Uint8Array
  certification: Certification
}

/** Who vouches for the attestation key: the quoting enclave, for which the platform's key vouches. */
export type Certification = {
  qeReport: Uint8Array
  qeReportSignature: Uint8Array
  qeAuthentication: Uint8Array
  /** Certificates of the platform's key in PEM. */
  chain: Uint8Array
}

const maxQuoteBytes = 32_768
const ecdsaP256 = 2
const teeTdx = 0x81
/** Of the quoting enclaves of Intel. */
const intelVendor = Buffer.from('939a7233f79c4ca9940a0db3957f0607', 'hex')
/** Bodies of version 5 by their types. */
const bodyBytes: Record<number, number> = { 2: 584, 3: 648 }
const [qeReportType, pckChainType] = [6, 5]

/** Reads a quote. */
export function readTdxQuote(bytes: Uint8Array): TdxQuote {
  demand(bytes.length <= maxQuoteBytes, 'size', `it has ${bytes.length} bytes`)
  const reader = readerOf(bytes)
  const version = readAs('version', 'it', reader.uint16)
  demand(version === 4 || version === 5, 'version', `it is of version ${version}`)
  const header = readAs('version', 'it', () => ({
    keyType: reader.uint16(),
    teeType: reader.uint32(),
    reserved: reader.take(4),
    vendor: reader.take(16),
    userData: reader.take(20),
  }))
  demand(header.teeType === teeTdx, 'teeType', 'it is of no trust domain of TDX')
  const isIntels = header.keyType === ecdsaP256 && same(header.vendor, intelVendor)
  demand(isIntels, 'algorithm', 'its attestation key is of another kind')
  const report = readAs('body', 'its body', () => readBody(reader, version))
  const signed = bytes.subarray(0, reader.offset())
  const rest = readAs('size', 'it', () => {
    const authentication = reader.take(reader.uint32())
    reader.end()
    return authentication
  })
  return { version, report, signed, ...readAs('certification', 'its end', () => readEnd(rest)) }
}

function readBody(reader: Reader, version: number): TdReport {
  const type = version === 5 ? reader.uint16() : 2
  const size = version === 5 ? reader.uint32() : 584
  demand(bodyBytes[type] === size, 'body', `its body is of type ${type} and has ${size} bytes`)
  const register = () => reader.take(48)
  return {
    teeTcbSvn: reader.take(16),
    mrSeam: register(),
    mrSignerSeam: register(),
    seamAttributes: reader.take(8),
    tdAttributes: reader.take(8),
    xfam: reader.take(8),
    mrTd: register(),
    mrConfigId: register(),
    mrOwner: register(),
    mrOwnerConfig: register(),
    rtmrs: [register(), register(), register(), register()],
    reportData: reader.take(64),
    mrServiceTd: type === 3 ? (reader.take(16), register()) : undefined,
  }
}

function readEnd(bytes: Uint8Array) {
  const reader = readerOf(bytes)
  const [signature, attestationKey] = [reader.take(64), reader.take(64)]
  const outer = takeTyped(reader)
  reader.end()
  demand(outer.type === qeReportType, 'certification', `it is certified by type ${outer.type}`)
  const inner = readerOf(outer.content)
  const [qeReport, qeReportSignature] = [inner.take(384), inner.take(64)]
  const qeAuthentication = inner.take(inner.uint16())
  const chain = takeTyped(inner)
  inner.end()
  demand(chain.type === pckChainType, 'certification', `its key is certified by type ${chain.type}`)
  const certification = { qeReport, qeReportSignature, qeAuthentication, chain: chain.content }
  return { signature, attestationKey, certification }
}

function takeTyped(reader: Reader): { type: number; content: Uint8Array } {
  const type = reader.uint16()
  return { type, content: reader.take(reader.uint32()) }
}

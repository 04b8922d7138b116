import { MalformedError } from '../judging/errors.ts'
import { demand } from '../judging/judge.ts'
import { hexText, numberOf, readJson, secondsOf } from './json.ts'
import { readSvnLevels, type SvnLevel } from './tcb-info.ts'

/** What Intel says of its quoting enclave (identity, version 2). Hex without 0x. */
export type QeIdentity = {
  issuedAt: number
  nextUpdate: number
  miscSelect: string
  miscSelectMask: string
  attributes: string
  attributesMask: string
  mrSigner: string
  productId: number
  levels: readonly SvnLevel[]
}

/** Reads an identity. Throws MalformedError. */
export function readQeIdentity(text: string): QeIdentity {
  const identity = readJson(text)
  if (identity.id !== 'TD_QE' || identity.version !== 2) {
    throw new MalformedError('is not of the quoting enclave of TDX, version 2')
  }
  return {
    issuedAt: secondsOf(identity.issueDate),
    nextUpdate: secondsOf(identity.nextUpdate),
    miscSelect: hexText(identity.miscselect, 4),
    miscSelectMask: hexText(identity.miscselectMask, 4),
    attributes: hexText(identity.attributes, 16),
    attributesMask: hexText(identity.attributesMask, 16),
    mrSigner: hexText(identity.mrsigner, 32),
    productId: numberOf(identity.isvprodid),
    levels: readSvnLevels(identity),
  }
}

/** What an enclave's report says of the enclave. */
export type EnclaveReport = {
  miscSelect: Uint8Array
  attributes: Uint8Array
  mrSigner: Uint8Array
  productId: number
  svn: number
  reportData: Uint8Array
}

/** Reads a report of an enclave of SGX, 384 bytes. */
export function readEnclaveReport(bytes: Uint8Array): EnclaveReport {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return {
    miscSelect: bytes.subarray(16, 20),
    attributes: bytes.subarray(48, 64),
    mrSigner: bytes.subarray(128, 160),
    productId: view.getUint16(256, true),
    svn: view.getUint16(258, true),
    reportData: bytes.subarray(320, 384),
  }
}

/** Checks that an enclave is the one of an identity, and finds the level that it has reached. */
export function checkQuotingEnclave(report: EnclaveReport, identity: QeIdentity): SvnLevel {
  const is = (holds: boolean, what: string) => {
    demand(holds, 'quotingEnclave', `its quoting enclave has another ${what}`)
  }
  is(Buffer.from(report.mrSigner).toString('hex') === identity.mrSigner, 'signer')
  is(report.productId === identity.productId, 'product number')
  is(agrees(report.miscSelect, identity.miscSelect, identity.miscSelectMask), 'MISCSELECT')
  is(agrees(report.attributes, identity.attributes, identity.attributesMask), 'set of attributes')
  demand((report.attributes[0]! & 2) === 0, 'quotingEnclave', 'its quoting enclave can be debugged')
  const level = identity.levels.find(({ svn }) => svn <= report.svn)
  demand(level !== undefined, 'quotingEnclave', `its quoting enclave is too old: ${report.svn}`)
  return level
}

/** Whether bytes are the expected ones wherever the mask has a bit. */
export function agrees(bytes: Uint8Array, expected: string, mask: string): boolean {
  const [values, masks] = [Buffer.from(expected, 'hex'), Buffer.from(mask, 'hex')]
  return bytes.every((byte, i) => (byte & masks[i]!) === (values[i]! & masks[i]!))
}

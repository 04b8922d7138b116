import { createHash } from 'node:crypto'
import type { Hex } from 'viem'
import { hexOf, isZero, same, sha256Hex } from '../judging/bytes.ts'
import { InvalidAttestationOptionsError } from '../judging/errors.ts'
import { demand, judged, readAs } from '../judging/judge.ts'
import { type AttestationOptions, documentBytes, readOptions } from '../judging/options.ts'
import { type AttestationReport, neverCovered, rulesOf } from '../judging/report.ts'
import { isSignedByPoint, publicKeyAt, publicKeyOf } from '../x509/algorithms.ts'
import type { Certificate } from '../x509/certificate.ts'
import { checkAttributes } from './attributes.ts'
import { checkTdxChains } from './chains.ts'
import { asCollateral, readSigned, type TdxCollateral } from './collateral.ts'
import { checkEventLog } from './event-log.ts'
import { checkModule, levelOf } from './levels.ts'
import { intelRoots } from './pins.ts'
import { readPlatform } from './platform.ts'
import { checkQuotingEnclave, readEnclaveReport, readQeIdentity } from './qe-identity.ts'
import { readTdxQuote, type TdReport, type TdxQuote } from './quote.ts'
import { type TdxRule, tdxRules } from './rules.ts'
import { readTcbInfo } from './tcb-info.ts'
import { isTcbStatus, type TcbStatus, together } from './tcb-status.ts'

/** What a quote is verified with. */
export type TdxOptions = AttestationOptions & {
  collateral: TdxCollateral
  /**
   * Statuses of the platform that are accepted; `Revoked` never is. Default: `UpToDate` and `SWHardeningNeeded`, with which firmware
   * and microcode are current.
   */
  tcbStatuses?: readonly TcbStatus[]
}

/** What a verified quote of a TDX trust domain shows. */
export type TdxReport = AttestationReport<'tdx', TdxRule> & {
  version: number
  /** How current platform, TDX module and quoting enclave are together, by Intel's words at the time of judging. */
  tcbStatus: TcbStatus
  /** Intel's advisories that apply. */
  advisories: readonly string[]
  /** What was known up to then is mended, in Unix seconds. */
  tcbDate: number
  /** Number of Intel's evaluation. */
  evaluationNumber: number
  /** Of the platform, in hex. */
  fmspc: Hex
  /** Of the domain as it was built. */
  mrTd: Hex
  /** What was measured while it ran; with a log of events, they are what the log gives. */
  rtmrs: readonly Hex[]
  mrConfigId: Hex
  mrOwner: Hex
  mrOwnerConfig: Hex
  /** Of the TDX module. */
  mrSeam: Hex
  /** What the domain had put in, 64 bytes; it is the domain's word. */
  reportData: Hex
  tdAttributes: Hex
  xfam: Hex
}

const unlogged =
  'What was measured into the runtime registers: no log of events came with the quote.'

/**
 * Verifies a quote of an Intel TDX trust domain with what Intel said of its platform.
 *
 * @param document - The quote, of version 4 or 5.
 * @throws AttestationRefusedError by the name of the rule that it breaks.
 * @throws InvalidAttestationOptionsError
 */
export function verifyTdx(document: Uint8Array, options: TdxOptions): TdxReport {
  const asked = readOptions(options, intelRoots)
  const { tcbStatuses = ['UpToDate', 'SWHardeningNeeded'] } = options
  if (!tcbStatuses.every((status) => isTcbStatus(status) && status !== 'Revoked')) {
    throw new InvalidAttestationOptionsError(
      'tcbStatuses',
      'must be statuses of Intel, not Revoked',
    )
  }
  const bytes = documentBytes(document)
  return judged('tdx', () => {
    const quote = readTdxQuote(bytes)
    const collateral = asCollateral(options.collateral)
    const { eventLog } = collateral
    const signers = checkTdxChains(quote.certification.chain, collateral, asked)
    const { at } = asked
    const info = readSigned('tcbInfo', collateral.tcbInfo, signers.tcbInfo, at, readTcbInfo)
    const { qeIdentity } = collateral
    const identity = readSigned('qeIdentity', qeIdentity, signers.qeIdentity, at, readQeIdentity)
    const platform = readPlatform(signers.platform)
    demand(
      platform.fmspc === info.fmspc && platform.pceId === info.pceId,
      'platform',
      `it is of the platform ${platform.fmspc}, and the TCB info is of ${info.fmspc}`,
    )
    const enclave = checkSignatures(quote, signers.platform)
    const enclaveLevel = checkQuotingEnclave(enclave, identity)
    const moduleLevel = checkModule(quote.report, info)
    const level = levelOf(platform, quote.report, info)
    const levels = [level, enclaveLevel, ...(moduleLevel ? [moduleLevel] : [])]
    const tcbStatus = together(levels.map(({ status }) => status))
    const advisories = [...new Set(levels.flatMap((it) => it.advisories))]
    demand(
      tcbStatus !== 'Revoked' && tcbStatuses.includes(tcbStatus),
      'tcbStatus',
      `the status of its platform is ${tcbStatus}${advisories.length ? `, by ${advisories.join(', ').slice(0, 200)}` : ''}`,
      { raise: 'Accept that status only if you know what the advisories are about.' },
    )
    checkAttributes(quote.report)
    if (eventLog) checkEventLog(eventLog, quote.report)
    return {
      kind: 'tdx',
      at,
      documentDigest: sha256Hex(bytes),
      root: signers.root,
      rules: rulesOf(tdxRules, (rule) => rule !== 'eventLog' || eventLog !== undefined),
      notCovered: eventLog ? neverCovered : [...neverCovered, unlogged],
      version: quote.version,
      tcbStatus,
      advisories,
      tcbDate: level.date,
      evaluationNumber: info.evaluationNumber,
      fmspc: `0x${platform.fmspc}`,
      ...shown(quote.report),
    }
  })
}

/** From the platform's key by the quoting enclave and the attestation key to the quote. */
function checkSignatures(quote: TdxQuote, platform: Certificate) {
  const { qeReport, qeReportSignature, qeAuthentication } = quote.certification
  const platformKey = readAs('certificateAlgorithm', 'the key of its platform', () =>
    publicKeyOf(platform.publicKey, 'P-256'),
  )
  demand(
    isSignedByPoint(platformKey, 'sha256', qeReport, qeReportSignature),
    'qeReport',
    'the report of its quoting enclave is not signed by the key of its platform',
  )
  const enclave = readEnclaveReport(qeReport)
  const hash = createHash('sha256').update(quote.attestationKey).update(qeAuthentication).digest()
  demand(
    same(enclave.reportData.subarray(0, 32), hash) && isZero(enclave.reportData.subarray(32)),
    'attestationKey',
    'its quoting enclave made another attestation key',
  )
  const key = readAs('attestationKey', 'its attestation key', () =>
    publicKeyAt(quote.attestationKey, 'P-256'),
  )
  demand(
    isSignedByPoint(key, 'sha256', quote.signed, quote.signature),
    'signature',
    'it is not signed by its attestation key',
  )
  return enclave
}

function shown(report: TdReport) {
  const { mrTd, rtmrs } = report
  return {
    measurement: sha256Hex(Buffer.concat([mrTd, ...rtmrs])),
    mrTd: hexOf(mrTd),
    rtmrs: rtmrs.map(hexOf),
    mrConfigId: hexOf(report.mrConfigId),
    mrOwner: hexOf(report.mrOwner),
    mrOwnerConfig: hexOf(report.mrOwnerConfig),
    mrSeam: hexOf(report.mrSeam),
    reportData: hexOf(report.reportData),
    tdAttributes: hexOf(report.tdAttributes),
    xfam: hexOf(report.xfam),
  }
}

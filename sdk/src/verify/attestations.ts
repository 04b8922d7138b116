import type { Hex } from 'viem'
import type { Environment } from '../actions/getEnvironment.ts'
import { BaseError } from '../errors/base.ts'
import {
  type Evidence,
  type EvidenceExchange,
  type EvidenceReport,
  exchangeOf,
} from '../formats/evidence.ts'
import type { ExchangeContents } from './checks/contents.ts'
import type { ChainFacts } from './chain/chain-state.ts'
import { isUnread, type Unread } from './chain/unread.ts'
import type { VerificationPolicy } from './policy.ts'
import type { Subject } from './subject.ts'

/**
 * Reads what hardware and providers say; `attestationReader()` of `@assay/attestation` is one. Its parsers are heavy, so that only who
 * needs them loads them.
 */
export type AttestationReader = {
  /**
   * Judges a provider's evidence of an exchange.
   *
   * @returns Undefined if this form is not read here.
   * @throws BaseError if it does not show the exchange.
   */
  readEvidence(
    evidence: Evidence,
    exchange: EvidenceExchange,
  ): EvidenceReport | undefined | Promise<EvidenceReport | undefined>
  /**
   * Judges an environment's archived attestation: that it is genuine, and binds what is registered.
   *
   * @param at - Time of judging, in Unix seconds: that of the block of the registration.
   * @param roots - SHA-256 digests of the root certificates that are believed.
   * @returns The root that it leads to; undefined if the archive is not at hand.
   * @throws BaseError if it is refused.
   */
  checkArchive(
    environment: Environment,
    at: number,
    roots: readonly Hex[],
  ): { root: Hex } | undefined | Promise<{ root: Hex } | undefined>
}

/** What was found of one piece of evidence. */
export type EvidenceFinding = { format: string } & (
  { report: EvidenceReport } | { refused: string } | Unread
)

/** What was found of an environment's archived attestation. */
export type ArchiveFinding = { root: Hex } | { refused: string } | Unread

/** What hardware and providers say of a receipt. */
export type Attested = { evidence: readonly EvidenceFinding[]; archive: ArchiveFinding }

const help = 'Pass `attestations`: a reader of @assay/attestation.'

/** Nothing was read. */
export const nothingAttested: Attested = {
  evidence: [],
  archive: { unread: 'its archived attestation was not read', raise: help },
}

/**
 * Reads what hardware and providers say of a receipt, for what its policy asks.
 *
 * @throws What is no refusal: a defect of the reader.
 */
export async function readAttested(
  { receipt }: Subject,
  state: ChainFacts | Unread,
  policy: VerificationPolicy,
  contents: ExchangeContents | undefined,
  reader: AttestationReader | undefined,
): Promise<Attested> {
  const evidence = await Promise.all(
    (receipt.evidence ?? []).map(async (given) => ({
      format: given.format,
      ...(await evidenceFinding(given, exchangeOf(receipt), contents, reader)),
    })),
  )
  return { evidence, archive: await archiveFinding(state, policy, reader) }
}

async function evidenceFinding(
  evidence: Evidence,
  exchange: EvidenceExchange | undefined,
  contents: ExchangeContents | undefined,
  reader: AttestationReader | undefined,
) {
  if (!reader) return { unread: 'was not read here', raise: help }
  if (!exchange) {
    return {
      unread: 'can’t be compared: the receipt does not show both digests',
      raise: 'A receipt that shows request.sha256 and response.sha256.',
    }
  }
  const report = await orRefused(() => reader.readEvidence(evidence, { ...exchange, ...contents }))
  if (report === undefined) {
    return { unread: 'is of a form that is not read here', raise: 'A reader of that form.' }
  }
  return 'refused' in report ? report : { report }
}

async function archiveFinding(
  state: ChainFacts | Unread,
  { environments }: VerificationPolicy,
  reader: AttestationReader | undefined,
): Promise<ArchiveFinding> {
  const roots = environments?.attestationRoots
  if (!roots || !reader || isUnread(state) || !state.environment) return nothingAttested.archive
  const { environment } = state
  const found = await orRefused(() =>
    reader.checkArchive(environment, environment.registeredAt, roots),
  )
  return (
    found ?? {
      unread: `its archived attestation ${environment.attestationDigest} is not at hand`,
      raise: 'Pass that archive.',
    }
  )
}

async function orRefused<T>(read: () => T | Promise<T>): Promise<T | { refused: string }> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    const { shortMessage, metaMessages } = error
    return { refused: [shortMessage, ...metaMessages].join(' ') }
  }
}

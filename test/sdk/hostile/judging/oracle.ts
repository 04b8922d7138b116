import { isDeepStrictEqual } from 'node:util'
import type { InferenceReceipt, VerificationReport } from '@assay/sdk'
import { domainOf } from '@assay/sdk/formats'
import { type Hex, hashTypedData, recoverAddress } from 'viem'
import type { HostileCase } from '../cases.ts'
import type { HonestReceipt, World } from '../world/world.ts'
import type { Outcome } from './outcome.ts'
import { commitmentBy, inclusionBy, logIdBy, messagesBy } from './reference.ts'

/** Longest message of an error, whatever it is about. */
const maxMessage = 1_000
/** Order of secp256k1 (SEC 2, section 2.4.1). */
const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
/** Controls but the line end, what turns the direction of writing, line ends of Unicode, lone surrogates. */
const control = /[^\P{Cc}\n]|[\u200e\u200f\u2028-\u202e\u2066-\u2069]|\p{Cs}/u

/**
 * What is wrong with an outcome, if something is.
 *
 * "Verified that shouldn't be" means: a report is `verified`, and what the receipt binds is not what an honest one binds that its
 * policy accepts (everything but the opened fields, messages and hints, to the letter), or a field or a message is shown that the
 * honest one has not, or a hint that doesn't hold. Beside it each line of the record is held against an implementation that shares no code with the
 * verifier.
 *
 * @param read - What was read of the input, where it could be.
 */
export async function faultIn(
  { input, base, policy, harmless }: HostileCase,
  outcome: Outcome,
  read: InferenceReceipt | undefined,
  world: World,
): Promise<string | undefined> {
  if (outcome.kind === 'crash') return `crashed: ${String(outcome.error)}`
  if (outcome.kind === 'refusal') {
    return harmless
      ? `refused what is a receipt: ${outcome.error.message}`
      : faultInRefusal(outcome.error)
  }
  const { report } = outcome
  if (!read) return `judged what is no receipt: ${String(input)}`
  if (harmless && report.status !== base.status[policy]) {
    return `${report.status} where ${String(base.status[policy])} is right`
  }
  if (typeof input === 'string' && membersWritten(input) !== membersOf(read)) {
    return 'judged what names a member twice'
  }
  return faultInReport(read, report, policy, world)
}

/** How many members a text writes: colons that stand in no string. */
const membersWritten = (text: string) =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"/gsu, '').split(':').length - 1

/** How many members a value has, with all in it. */
function membersOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const parts: unknown[] = Object.values(value)
  const own = Array.isArray(value) ? 0 : parts.length
  return parts.reduce<number>((sum, part) => sum + membersOf(part), own)
}

/** What is wrong with an error that refuses an input, if something is. */
export function faultInRefusal({ message }: Error): string | undefined {
  if (message.length > maxMessage) return `a message of ${message.length} characters`
  return control.test(message) ? 'a message with control characters' : undefined
}

/**
 * What is wrong with a report, if something is.
 *
 * @param policy - Number of the world's policy.
 */
export async function faultInReport(
  receipt: InferenceReceipt,
  report: VerificationReport,
  policy: number,
  world: World,
): Promise<string | undefined> {
  return (
    inconsistency(report) ??
    (await wrongLine(receipt, report, world)) ??
    wrongStatus(receipt, report, policy, world)
  )
}

/** What a report says that contradicts the report itself. */
function inconsistency(report: VerificationReport): string | undefined {
  if (!isDeepStrictEqual(JSON.parse(JSON.stringify(report)), report))
    return 'a report that is no JSON'
  const { checks, status } = report
  if (checks.some((it) => it.status === 'verified' && it.source === 'declared')) {
    return 'a line that is only declared is verified'
  }
  if (checks.some((it) => it.status === 'refuted') !== (status === 'refuted')) {
    return 'lines that are refuted in a report that is not, or the other way round'
  }
  const said = checks.map(({ reason, raise }) => `${reason}${raise ?? ''}`).join()
  return control.test(said) || said.length > 10_000
    ? 'reasons that a terminal would obey'
    : undefined
}

/** Which line of the record is not what the reference says. */
async function wrongLine(
  receipt: InferenceReceipt,
  report: VerificationReport,
  world: World,
): Promise<string | undefined> {
  const found = (name: string) => report.checks.find((it) => it.name === name)
  const commitment = commitmentBy(receipt)
  if (found('commitment')?.status !== commitment) return `the commitment is ${commitment}`
  const inclusion = inclusionBy(receipt)
  if (found('inclusion')?.status !== inclusion) return `the inclusion is ${inclusion}`
  const messages = messagesBy(receipt)
  if (found('messages')?.status !== messages) return `the messages are ${String(messages)}`
  const { batch, log } = receipt
  const statement = [logIdBy(receipt), batch.root, batch.first, batch.count, batch.mode].join(' ')
  if (found('settlement')?.status === 'verified' && !world.settled.includes(statement)) {
    return 'the batch was never settled'
  }
  const signature = found('signature')
  if (signature?.status !== 'verified') return undefined
  if (signature.source === 'vouched') {
    return world.yesMen.includes(log.owner) ? undefined : 'no contract accepts the signature'
  }
  const signer = await signerOf(receipt)
  return signer === log.sessionKey || signer === log.owner
    ? undefined
    : `it was signed by ${signer}`
}

/** Of few statements there are many receipts. */
const signers = new Map<string, Promise<string>>()

function signerOf(receipt: InferenceReceipt): Promise<string> {
  const { log, batch } = receipt
  const { proof: _, ...signed } = batch
  const key = JSON.stringify([log, signed])
  const signer = signers.get(key) ?? signerBy(receipt)
  signers.set(key, signer)
  return signer
}

async function signerBy(receipt: InferenceReceipt): Promise<string> {
  const { log, batch } = receipt
  const hash = hashTypedData({
    domain: domainOf(Number(log.chainId), log.inferenceLog),
    types: {
      Batch: 'bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest'
        .split(',')
        .map((member) => ({ type: member.split(' ')[0]!, name: member.split(' ')[1]! })),
    },
    primaryType: 'Batch',
    message: {
      ...{ logId: logIdBy(receipt), first: BigInt(batch.first), count: Number(batch.count) },
      ...{ root: batch.root, mode: batch.mode === 'inline' ? 0 : 1, dataDigest: batch.dataDigest },
    },
  })
  const s = BigInt(`0x${batch.signature.slice(66, 130) || '0'}`)
  // Else nobody could say of a signature that it is the only one of its key (EIP-2).
  if (s > order / 2n) return 'nobody'
  try {
    const signer: Hex = await recoverAddress({ hash, signature: batch.signature })
    return signer.toLowerCase()
  } catch {
    return 'nobody'
  }
}

/** Whether a report is verified that should not be. */
function wrongStatus(
  receipt: InferenceReceipt,
  report: VerificationReport,
  policy: number,
  world: World,
): string | undefined {
  if (report.inferenceId !== receipt.inferenceId) return 'a report on another inference'
  if (report.status !== 'verified') return undefined
  const honest = world.honest.filter(
    (it) => it.receipt.inferenceId === receipt.inferenceId && it.status[policy] === 'verified',
  )
  const equal = honest.some(
    (it) =>
      isDeepStrictEqual(boundIn(receipt, world), boundIn(it.receipt, world)) &&
      receipt.fields.opened.every((field) =>
        it.receipt.fields.opened.some((own) => isDeepStrictEqual(own, field)),
      ) &&
      areMessagesOf(it, receipt.messages) &&
      (Object.keys(receipt.hints).length === 0 ||
        isDeepStrictEqual(receipt.hints, it.hints) ||
        hintsLess(receipt, it.hints)),
  )
  return equal ? undefined : 'verified, and is no honest receipt'
}

/** Whether the messages shown are of an honest receipt, at their places and with their text or none. */
function areMessagesOf({ receipt, texts }: HonestReceipt, shown: InferenceReceipt['messages']) {
  if (!shown) return true
  const { leafHashes, opened = [] } = receipt.messages ?? {}
  return (
    isDeepStrictEqual(shown.leafHashes, leafHashes) &&
    shown.opened.every(({ json, ...message }) => {
      const isText = json === undefined || json === texts[Number(message.index)]
      return isText && opened.some((own) => isDeepStrictEqual(own, message))
    })
  )
}

/** The transaction alone, without the address of the data, is a hint that holds. */
const hintsLess = ({ hints }: InferenceReceipt, honest: InferenceReceipt['hints']) =>
  hints.uri === undefined && hints.transactionHash === honest.transactionHash

/** All that a receipt binds but what it shows of the fields and messages. An owner's contract that accepts any signature binds none. */
function boundIn(
  { fields, messages: _, hints: __, batch, ...rest }: InferenceReceipt,
  { yesMen }: World,
) {
  const { signature, ...statement } = batch
  return {
    ...rest,
    leafHashes: fields.leafHashes,
    statement,
    signature: yesMen.includes(rest.log.owner) ? undefined : signature,
  }
}

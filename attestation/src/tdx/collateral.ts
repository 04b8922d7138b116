import { demand, readAs, refuse } from '../judging/judge.ts'
import { shownTime } from '../judging/moment.ts'
import { publicKeyOf, isSignedByPoint } from '../x509/algorithms.ts'
import type { Certificate } from '../x509/certificate.ts'
import { certificatesInPem } from '../x509/pem.ts'
import type { TdxEvent } from './event-log.ts'

/** A text that Intel signed, as its Provisioning Certification Service gives it. */
export type SignedText = {
  /** The signed object as it stands in the answer, byte by byte. */
  text: string
  /** r ‖ s. */
  signature: Uint8Array
  /** Certificates in PEM: of the key that signed, and the root. */
  issuerChain: string
}

/** What Intel says of a platform, archived beside the quote. */
export type TdxCollateral = {
  tcbInfo: SignedText
  qeIdentity: SignedText
  /** Lists of revocations in DER: by the root, and by the authority of the platform's key. */
  rootList: Uint8Array
  platformList: Uint8Array
  /** What was measured into the runtime registers. Without it nothing is said of them but their values. */
  eventLog?: readonly TdxEvent[]
}

const maxTextBytes = 1_048_576

/** Checks that collateral has its form. */
export function asCollateral(value: unknown): TdxCollateral {
  const isSigned = (it: SignedText | undefined) =>
    typeof it?.text === 'string' &&
    it.text.length <= maxTextBytes &&
    typeof it.issuerChain === 'string' &&
    it.issuerChain.length <= 32_768 &&
    it.signature instanceof Uint8Array &&
    it.signature.length === 64
  const given = value as TdxCollateral | undefined
  demand(
    isSigned(given?.tcbInfo) &&
      isSigned(given?.qeIdentity) &&
      given?.rootList instanceof Uint8Array &&
      given.platformList instanceof Uint8Array &&
      (given.eventLog === undefined || Array.isArray(given.eventLog)),
    'collateral',
    'what Intel says of its platform did not come with it, or in another form',
  )
  return given
}

/** The certificates of a PEM text. */
export function certificatesOf(text: string, name: string): Uint8Array[] {
  return readAs('certificateForm', `the chain of ${name}`, () => certificatesInPem(text))
}

/** Checks the signature of a text, and reads it. */
export function readSigned<T extends { issuedAt: number; nextUpdate: number }>(
  rule: 'tcbInfo' | 'qeIdentity',
  { text, signature }: SignedText,
  { publicKey }: Certificate,
  at: number,
  read: (text: string) => T,
): T {
  const what = rule === 'tcbInfo' ? 'its TCB info' : 'the identity of its quoting enclave'
  const key = readAs('certificateAlgorithm', `the key of ${what}`, () =>
    publicKeyOf(publicKey, 'P-256'),
  )
  if (!isSignedByPoint(key, 'sha256', Buffer.from(text), signature)) {
    return refuse(rule, `${what} is not signed by the key of its certificate`)
  }
  const value = readAs(rule, what, () => read(text))
  demand(
    value.issuedAt <= at && at <= value.nextUpdate,
    rule,
    `${what} is from ${shownTime(value.issuedAt)} to ${shownTime(value.nextUpdate)}, not for ${shownTime(at)}`,
    { raise: 'Archive what was in force at that time beside the quote.' },
  )
  return value
}

import type { EvidenceFormat } from '@assay/sdk/evidence'
import { base64Bytes } from '../judging/bytes.ts'
import { type AciReceipt, readAciReceipt } from './aci-receipt.ts'
import { type ChatSignature, readChatSignature } from './chat-signature.ts'
import { EvidenceRefusedError } from './evidence.ts'
import { readOpenGradient } from './open-gradient.ts'

/** What NEAR AI Cloud and dstack's proxies sign; the content is their answer, as it came. */
export const chatSignatureFormat: EvidenceFormat = {
  name: 'chat-signature',
  read: (content, exchange) =>
    readChatSignature(objectIn(content, 'chat-signature') as ChatSignature, exchange),
}

/** What OpenGradient's gateways sign; the content is `{"publicKey":"<SubjectPublicKeyInfo in base64>"}`. */
export const openGradientFormat: EvidenceFormat = {
  name: 'open-gradient',
  read(content, exchange) {
    const { publicKey } = objectIn(content, 'open-gradient') as { publicKey?: unknown }
    const bytes = typeof publicKey === 'string' ? base64Bytes(publicKey) : undefined
    if (!bytes) throw new EvidenceRefusedError('OpenGradient', 'form')
    return readOpenGradient({ publicKey: bytes }, exchange)
  },
}

/** What services of Attested Confidential Inference sign; the content is `{"receipt":…,"keyset":…}`. */
export const aciReceiptFormat: EvidenceFormat = {
  name: 'aci-receipt',
  read: (content, exchange) => readAciReceipt(objectIn(content, 'ACI') as AciReceipt, exchange),
}

/** All forms that are read here. */
export const evidenceFormats: readonly EvidenceFormat[] = [
  chatSignatureFormat,
  openGradientFormat,
  aciReceiptFormat,
]

/** Its members are looked at by whoever reads it. */
function objectIn(content: string, format: string): object {
  try {
    const value: unknown = JSON.parse(content)
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // No JSON.
  }
  throw new EvidenceRefusedError(format, 'form')
}

export { type AciReceipt, checkAciReportData, readAciReceipt } from './aci-receipt.ts'
export { aciReceipts } from './aci-receipt-source.ts'
export { chatSignatures, type ChatSignaturesOptions } from './chat-signature-source.ts'
export { type ChatSignature, checkSigningAddress, readChatSignature } from './chat-signature.ts'
export { type EvidenceProblem, EvidenceRefusedError } from './evidence.ts'
export {
  aciReceiptFormat,
  chatSignatureFormat,
  evidenceFormats,
  openGradientFormat,
} from './formats.ts'
export type { ProviderApiOptions } from './provider-api.ts'
export { openGradient } from './open-gradient-source.ts'
export { type OpenGradientKey, readOpenGradient } from './open-gradient.ts'

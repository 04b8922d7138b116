export { InvalidCoseReceiptError, InvalidReceiptError } from '../errors/input.ts'
export { es256kSigner, es256kVerifier } from './es256k.ts'
export {
  type CoseSigner,
  exportCoseReceipt,
  type ExportCoseReceiptOptions,
} from './export-cose-receipt.ts'
export { type CoseReceipt, readCoseReceipt } from './read-cose-receipt.ts'
export { coseAlgorithms, coseLabels, coseReceiptType } from './registry.ts'
export type { CoseSignature } from './sign1.ts'
export {
  type CoseVerifier,
  verifyCoseReceipt,
  type VerifyCoseReceiptOptions,
} from './verify-cose-receipt.ts'

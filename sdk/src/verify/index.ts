export { type InferenceReceipt, receiptSchema } from '../formats/receipt.ts'
export { parseReceipt } from '../formats/parse-receipt.ts'
export type { ExchangeContents } from './checks/questions.ts'
export { defaultPolicy, type PolicyContracts, type VerificationPolicy } from './policy.ts'
export {
  type Check,
  type CheckName,
  type CheckSource,
  type CheckStatus,
  notProven,
  type Question,
  type VerificationReport,
} from './report.ts'
export { verifyReceipt, type VerifyReceiptOptions } from './verify-receipt.ts'

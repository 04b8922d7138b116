export * from '../errors/verification.ts'
export { InvalidPolicyError, InvalidReceiptError } from '../errors/input.ts'
export { type InferenceReceipt, receiptSchema } from '../formats/receipt.ts'
export { parseReceipt } from '../formats/parse-receipt.ts'
export { assertReceipt } from './assert-receipt.ts'
export type { ExchangeContents } from './checks/contents.ts'
export { parsePolicy } from './parse-policy.ts'
export {
  defaultPolicy,
  type PolicyAuditor,
  type PolicyChain,
  type PolicyEnvironments,
  policySchema,
  type VerificationPolicy,
} from './policy.ts'
export {
  type Check,
  type CheckName,
  checkNames,
  type CheckSource,
  type CheckStatus,
  notProven,
  type Question,
  reportSchema,
  type VerificationReport,
} from './report.ts'
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts'
export { verifyReceipt, type VerifyReceiptOptions } from './verify-receipt.ts'

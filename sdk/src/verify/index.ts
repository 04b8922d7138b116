export * from '../errors/verification.ts'
export {
  InvalidBundleError,
  InvalidEquivocationError,
  InvalidPolicyError,
  InvalidReceiptError,
} from '../errors/input.ts'
export {
  type EquivocationProof,
  equivocationSchema,
  parseEquivocation,
  type PlacedStatement,
} from '../formats/equivocation.ts'
export { type InferenceReceipt, receiptSchema } from '../formats/receipt.ts'
export { bundleSchema } from '../formats/bundle.ts'
export { createBundle } from '../formats/create-bundle.ts'
export type { TextSource } from '../formats/lines.ts'
export { parseReceipt } from '../formats/parse-receipt.ts'
export { receiptsOf } from '../formats/read-bundle.ts'
export { assertReceipt } from './assert-receipt.ts'
export type { AttestationReader } from './attestations.ts'
export type { ExchangeContents } from './checks/contents.ts'
export type { Contradiction } from './contradiction.ts'
export { type EquivocationReport, proveEquivocation, verifyEquivocation } from './equivocation.ts'
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
  checkStatuses,
  type CheckStatus,
  notProven,
  type Question,
  reportSchema,
  type VerificationReport,
} from './report.ts'
export type { ChainFacts } from './chain/chain-state.ts'
export type { StandingVerdict } from './chain/verdicts.ts'
export type { Unread } from './chain/unread.ts'
export {
  judgeSettledInference,
  type SettledInference,
  type SettledInferenceState,
} from './settled-inference.ts'
export { verifyBundle } from './verify-bundle.ts'
export { createVerifier, type Verifier, type VerifierOptions } from './verifier.ts'
export { verifyReceipt, type VerifyReceiptOptions } from './verify-receipt.ts'

export { findReceipt, type FindReceiptOptions, type FoundInference } from './find-receipt.ts'

import { ReceiptNotVerifiedError } from '../errors/verification.ts'
import type { VerificationReport } from './report.ts'

/**
 * Lets only a verified report pass.
 *
 * @throws ReceiptNotVerifiedError that names the checks that are refuted or, if none is, those that are unknown and required.
 *
 * @example
 * assertReceipt(await verifyReceipt(receipt, { policy, client }))
 */
export function assertReceipt(report: VerificationReport): void {
  if (report.status !== 'verified') throw new ReceiptNotVerifiedError(report)
}

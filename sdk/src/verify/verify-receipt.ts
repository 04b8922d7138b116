import { parseReceipt } from '../formats/parse-receipt.ts'
import type { ExchangeContents } from './checks/contents.ts'
import type { VerificationReport } from './report.ts'
import { createVerifier, type VerifierOptions } from './verifier.ts'

export type VerifyReceiptOptions = VerifierOptions & {
  /** Request and response that you hold, to see whether the receipt speaks of them. Default: none. */
  contents?: ExchangeContents | undefined
}

/**
 * Checks a receipt, and says of each thing whether it is shown, refuted or unknown, and on whose word.
 *
 * Trusts no server of ours. Without a client it needs no network; with one, everything is read at one block.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted.
 * @returns A report. What is wrong with the inference is said there, not thrown.
 * @throws InvalidReceiptError if it is no receipt at all; InvalidPolicyError.
 *
 * @example
 * const report = await verifyReceipt(receipt, { client })
 * if (report.status !== 'verified') console.log(report.checks)
 */
export async function verifyReceipt(
  receipt: unknown,
  { contents, ...options }: VerifyReceiptOptions = {},
): Promise<VerificationReport> {
  return createVerifier(options)(parseReceipt(receipt), contents)
}

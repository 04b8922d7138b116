import { InvalidReceiptError, type VerificationReport } from '@assay/sdk'

/** What became of a hostile receipt. */
export type Outcome =
  | { kind: 'report'; report: VerificationReport }
  | { kind: 'refusal'; error: InvalidReceiptError }
  | { kind: 'crash'; error: unknown }

/** Runs a verification, and keeps what it gives or throws. */
export async function outcomeOf(verify: () => Promise<VerificationReport>): Promise<Outcome> {
  try {
    return { kind: 'report', report: await verify() }
  } catch (error) {
    return error instanceof InvalidReceiptError
      ? { kind: 'refusal', error }
      : { kind: 'crash', error }
  }
}

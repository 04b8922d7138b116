import { InvalidReceiptError, type VerificationReport } from '@assay/sdk/verify'

/** What becomes of an input, as JSON can carry it from one place to another. */
export type PlainOutcome = { report: VerificationReport } | { refused: string; path: string }

/** Runs a verification in whichever place this is loaded. */
export async function plainOutcomeOf(
  verify: () => Promise<VerificationReport>,
): Promise<PlainOutcome> {
  try {
    return { report: await verify() }
  } catch (error) {
    if (!(error instanceof InvalidReceiptError)) throw error
    // What JSON.parse has to say in brackets is the engine's own.
    return { refused: error.shortMessage.replace(/ \(.*\)\.$/s, '.'), path: error.path }
  }
}

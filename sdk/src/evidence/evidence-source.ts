import type { EvidenceExchange, EvidenceReport } from '../formats/evidence.ts'
import type { InferenceReceipt } from '../formats/receipt.ts'

/** Reads one form of evidence. */
export type EvidenceFormat = {
  /** Name of the form, as receipts have it. */
  name: string
  /**
   * Judges evidence of this form.
   *
   * @param content - As a receipt holds it; not trusted.
   * @throws Where it is not about this exchange, or is not signed; what is thrown says why.
   */
  read(content: string, exchange: EvidenceExchange): EvidenceReport | Promise<EvidenceReport>
}

/** An exchange with a provider that is over. */
export type FinishedExchange = EvidenceExchange & {
  /** Where it went, without query and user info. */
  url: string
  /** The provider's id of the answer. */
  responseId?: string | undefined
  /** The model that was asked for. */
  model?: string | undefined
}

/** Gets a provider's evidence. A provider adds its own by writing one. */
export type EvidenceSource = EvidenceFormat & {
  /** Whether this provider gives evidence of such exchanges. Must not throw. */
  isFor(exchange: FinishedExchange): boolean
  /**
   * Asks for the evidence of an exchange.
   *
   * @returns Undefined if the provider has none yet: it is asked again.
   * @throws If it could not be asked: it is asked again too.
   */
  fetch(
    exchange: FinishedExchange,
    options: { signal: AbortSignal },
  ): string | undefined | Promise<string | undefined>
}

/** Gets evidence of what is recorded, beside the calls, and puts it into receipts. `providerEvidence()` makes one. */
export type EvidenceKeeper = {
  /** Takes an exchange. Never throws and never waits. */
  take(exchange: FinishedExchange, onError: (error: unknown) => void): void
  /** The receipt with the evidence of its exchange, as far as there is any. Never rejects. */
  attach(receipt: InferenceReceipt): Promise<InferenceReceipt>
  /** Once nothing is asked for any more, or the time for waiting is over. Never rejects. */
  idle(): Promise<void>
}

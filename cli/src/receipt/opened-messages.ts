import type { InferenceReceipt } from '@assay/sdk/formats'

/** Messages of a request as a receipt shows them. */
export type OpenedMessages = {
  /** How many there are, decimal digits. */
  count: string
  opened: OpenedMessage[]
}

export type OpenedMessage = {
  /** As `--reveal` takes it. */
  name: string
  /** SHA-256 of its canonical JSON (RFC 8785). */
  sha256: string
  /** That JSON, if the receipt holds it. */
  json?: string
}

/** The messages that a receipt speaks of. Whether they are those that were committed to, only verification says. */
export function openedMessages({ messages }: InferenceReceipt): OpenedMessages | undefined {
  if (!messages) return undefined
  return {
    count: String(messages.leafHashes.length),
    opened: messages.opened.map(({ index, sha256, json }) => ({
      name: `messages[${index}]`,
      sha256,
      ...(json === undefined ? {} : { json }),
    })),
  }
}

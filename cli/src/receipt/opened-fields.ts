import { type InferenceReceipt, messagesField, standardFields } from '@assay/sdk/formats'
import { hexToBytes } from 'viem'

/** A field as a receipt shows it. */
export type OpenedField = {
  name: string
  /** What it says, if that is text. */
  text?: string
  /** Its bytes as hex, if they are no text. */
  hex?: string
}

/** The fields that a receipt opens, decoded. Whether they are those that were committed to, only verification says. */
export function openedFields({ fields }: InferenceReceipt): OpenedField[] {
  return fields.opened.map(({ name, value }) => {
    const bytes = hexToBytes(value)
    // Digests and roots are raw bytes; also one that happens to be valid UTF-8 is no text.
    const text = name.endsWith('.sha256') || name === messagesField ? undefined : textOf(bytes)
    return { name, ...(text === undefined ? { hex: value } : { text }) }
  })
}

/** Names of the standard fields that a receipt does not open, and the places of others. */
export function hiddenFields({ fields }: InferenceReceipt): string[] {
  const shown = new Set(fields.opened.map(({ index }) => Number(index)))
  return fields.leafHashes.flatMap((_, index) =>
    shown.has(index) ? [] : [standardFields[index] ?? `field ${index}`],
  )
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

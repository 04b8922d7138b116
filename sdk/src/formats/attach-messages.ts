import { InvalidInputError } from '../errors/input.ts'
import { bytesToHex } from './bytes.ts'
import { canonicalMessage, messageDigest } from './messages.ts'
import { parseReceipt } from './parse-receipt.ts'
import type { InferenceReceipt } from './receipt.ts'

/**
 * Puts the text of messages into a receipt that holds their digests, so that it shows them without anything beside it. The recorder
 * keeps no text: it comes from who has the request.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted, and not verified here.
 * @param messages - JSON values, in any order, each of them one that the receipt opens.
 * @throws InvalidReceiptError if it is no receipt; InvalidInputError if it opens no such message, or one has no canonical JSON.
 *
 * @example
 * const shown = attachMessages(redactReceipt(receipt, { reveal: ['messages[2]'] }), [request.messages[2]])
 */
export function attachMessages(receipt: unknown, messages: readonly unknown[]): InferenceReceipt {
  const parsed = parseReceipt(receipt)
  const { leafHashes = [], opened = [] } = parsed.messages ?? {}
  const texts = new Map<string, string>()
  for (const [i, message] of messages.entries()) {
    const digest = bytesToHex(messageDigest(message))
    if (!opened.some(({ sha256 }) => sha256 === digest)) {
      throw new InvalidInputError('messages', `[${i}]`, 'is none that the receipt opens', {
        docsPath: 'redaction.md#messages',
      })
    }
    texts.set(digest, canonicalMessage(message))
  }
  if (!parsed.messages) return parsed
  const withTexts = opened.map((message) => {
    const json = texts.get(message.sha256) ?? message.json
    return json === undefined ? message : { ...message, json }
  })
  return { ...parsed, messages: { leafHashes, opened: withTexts } }
}

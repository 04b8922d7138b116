import { sha256Text } from '../../crypto/sha256.ts'
import { bytesToHex, toBytes } from '../../formats/bytes.ts'
import { messageLeafHash, messagesField, messagesValue } from '../../formats/messages.ts'
import type { InferenceReceipt } from '../../formats/receipt.ts'
import type { Check } from '../report.ts'
import type { Subject } from '../subject.ts'
import { linesOf } from './line.ts'

const { line } = linesOf('messages')

/**
 * Whether the messages that a receipt shows are those of the request, each at its place; undefined if it speaks of none. To be
 * believed only with the `commitment` check, which binds the field.
 */
export function checkMessages({ receipt }: Pick<Subject, 'receipt'>): Check | undefined {
  const { messages, fields } = receipt
  if (!messages) return undefined
  const problem = problemOf(messages, fields)
  if (problem !== undefined) return line('refuted', 'proven', problem)
  const { leafHashes, opened } = messages
  return line(
    'verified',
    'proven',
    `${opened.length} of ${leafHashes.length} messages of the request are shown, each as it was committed to.`,
  )
}

function problemOf(
  { leafHashes, opened }: NonNullable<InferenceReceipt['messages']>,
  { leafHashes: all, opened: fields }: InferenceReceipt['fields'],
): string | undefined {
  const bound = fields.filter(({ name }) => name === messagesField)
  if (bound[0] === undefined || bound.length > 1) {
    return 'Messages stand beside the fields, and not one field shown binds them.'
  }
  // Else one commitment could have several, each for another reader.
  if (bound[0].index !== String(all.length - 1)) {
    return 'The field that binds the messages is not the last of the commitment.'
  }
  if (bytesToHex(messagesValue(leafHashes.map(toBytes))) !== bound[0].value) {
    return 'The leaf hashes of the messages do not give what the field holds.'
  }
  const seen = new Set<string>()
  for (const { index, salt, sha256, json } of opened) {
    if (seen.has(index)) return `Message ${index} is shown twice.`
    seen.add(index)
    const leafHash = messageLeafHash({ salt: toBytes(salt), digest: toBytes(sha256) })
    if (bytesToHex(leafHash) !== leafHashes[Number(index)]) {
      return `Message ${index} is not the one that was committed to.`
    }
    // That it is canonical JSON is not asked: the digest was taken of this text and no other, and writing it anew could take a second.
    if (json !== undefined && bytesToHex(sha256Text(json)) !== sha256) {
      return `The text of message ${index} is not the one that was committed to.`
    }
  }
  return undefined
}

import {
  canonicalMessage,
  createMessageSalter,
  type Field,
  messageDigest,
  messageLeafHash,
  messagesField,
  messagesValue,
  type SaltedMessage,
  saltMessages,
} from '@assay/sdk/formats'
import { type Hex, hexToBytes } from 'viem'
import { digestOf } from './keys.ts'

/** How many messages an inference has that has some. */
const counts = [3, 1, 2, 17]

/**
 * Messages of an inference's request, of which two may be the same. None in some, such as where there are as many extensions as there
 * can be, which leave no room for the field that binds them.
 */
function messagesOf(logId: Hex, sequence: bigint): unknown[] {
  if (sequence % 4n === 2n || sequence % 8n === 0n) return []
  const count = counts[Number(sequence / 2n) % counts.length] ?? 0
  return Array.from({ length: count }, (_, i) => ({
    role: i % 2 === 0 ? 'user' : 'assistant',
    content: `${logId} ${sequence} “ä🙂” ${Math.max(1, i)}`,
  }))
}

/** Their canonical JSON, as who has the request can attach it. */
export const messageTexts = (logId: Hex, sequence: bigint): string[] =>
  messagesOf(logId, sequence).map(canonicalMessage)

/** The messages of an inference, salted as its recorder does. */
export function saltedMessages(logId: Hex, sequence: bigint): SaltedMessage[] {
  const salter = createMessageSalter(hexToBytes(digestOf(`seed ${logId}`)), hexToBytes(logId))
  const digests = messagesOf(logId, sequence).map(messageDigest)
  return saltMessages(Buffer.concat(digests), salter, sequence)
}

/** The field that binds them, as the last of the commitment; none where there are none. */
export function messagesFields(logId: Hex, sequence: bigint): Field[] {
  const messages = saltedMessages(logId, sequence)
  if (messages.length === 0) return []
  return [{ name: messagesField, value: messagesValue(messages.map(messageLeafHash)) }]
}

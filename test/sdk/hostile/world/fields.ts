import { type Field, orderFields, saltFields, type SaltedField } from '@assay/sdk/formats'
import { type Hex, hexToBytes, stringToBytes as text } from 'viem'
import { digestOf } from './keys.ts'
import { messagesFields } from './messages.ts'

const digest = (label: string) => hexToBytes(digestOf(label))

/** Private fields of every kind: few, all, with as many extensions as there can be, long ones, and ones that are hard to show. */
function fieldsOf(kind: number, label: string): Field[] {
  const chat = {
    'request.sha256': digest(`request ${label}`),
    'response.sha256': digest(`response ${label}`),
    'output.text.sha256': digest(`text ${label}`),
    endpoint: text('https://api.example.com/v1/chat/completions'),
    'model.requested': text('gpt-example'),
    'model.returned': text(`gpt-example ${label}`),
    outcome: text('complete'),
    usage: text('{"completion_tokens":7,"prompt_tokens":5,"total_tokens":12}'),
    finish_reason: text('stop'),
  }
  switch (kind % 4) {
    case 0:
      return orderFields(chat)
    case 1:
      return orderFields({ outcome: text('aborted') })
    case 2:
      return orderFields(
        chat,
        Array.from({ length: 7 }, (_, i) => ({
          name: `x.${i} “ä🙂”`,
          value: new Uint8Array(1 + 300 * i).fill(i),
        })),
      )
    default:
      return orderFields({ ...chat, 'model.returned': text('\u001b[2J\u202everified\r\n') }, [
        { name: '__proto__', value: text('polluted') },
        { name: '', value: text('nameless') },
      ])
  }
}

/** The fields of an inference, salted as its recorder does. */
export function saltedFields(logId: Hex, sequence: bigint): SaltedField[] {
  const label = `${logId} ${sequence}`
  const seed = digest(`seed ${logId}`)
  const fields = [...fieldsOf(Number(sequence), label), ...messagesFields(logId, sequence)]
  return saltFields(fields, seed, hexToBytes(logId), sequence)
}

import { NotShownError } from '../errors/redaction.ts'
import { messagesField } from './messages.ts'
import { parseReceipt } from './parse-receipt.ts'
import type { InferenceReceipt } from './receipt.ts'

export type RedactReceiptOptions = {
  /**
   * What to show, in any order: names of fields, standard ones and extensions, and messages by their place, such as
   * `messages[2]`. The field `messages` by itself shows how many there are, and none of them. Where several extensions have one
   * name, all of them are shown. Nothing: the receipt proves that something was recorded there and then, and says nothing of what.
   */
  reveal: readonly string[]
}

/**
 * Makes a receipt that shows some of what another one shows. It verifies as that one does; of what is left out stands a hash with
 * 32 bytes of salt there, which nobody can test guesses against.
 *
 * A provider's evidence says both digests, so it stays only where the request's and the response's are shown.
 *
 * Whatever the format is given later stays out unless it is named here: a redaction is made of what it lists. The hinted address
 * of the batch's data goes too, since it may hold a name or a token; the hinted transaction is public with its root.
 *
 * @param receipt - An `InferenceReceipt`, as JSON text or value; not trusted, and not verified here.
 * @returns Another receipt. From one receipt, the same fields give the same result, in one step or in several.
 * @throws InvalidReceiptError if it is no receipt; NotShownError if it does not open what is to be shown.
 *
 * @example
 * const shown = redactReceipt(receipt, { reveal: ['model.returned', 'outcome'] })
 */
export function redactReceipt(
  receipt: unknown,
  { reveal }: RedactReceiptOptions,
): InferenceReceipt {
  const parsed = parseReceipt(receipt)
  const { schema, inferenceId, log, inference, fields, batch, evidence, hints } = parsed
  const messages = messagesOf(parsed)
  const names = new Set(fields.opened.map(({ name }) => name))
  const shown = [...names, ...messages.map(nameOfMessage)]
  for (const name of reveal) {
    if (!shown.includes(name)) throw new NotShownError(name, shown)
  }
  const revealed = new Set(reveal)
  const openMessages = messages.filter((message) => revealed.has(nameOfMessage(message)))
  if (openMessages.length > 0) revealed.add(messagesField)
  return {
    schema,
    inferenceId,
    log,
    inference,
    fields: {
      leafHashes: fields.leafHashes,
      opened: inOrder(fields.opened.filter(({ name }) => revealed.has(name))),
    },
    // Their leaf hashes tell how many there are, so they go where none is shown.
    ...(parsed.messages && openMessages.length > 0
      ? { messages: { leafHashes: parsed.messages.leafHashes, opened: inOrder(openMessages) } }
      : {}),
    batch,
    ...(evidence && showsExchange(revealed) && { evidence }),
    hints: hints.transactionHash === undefined ? {} : { transactionHash: hints.transactionHash },
  }
}

const showsExchange = (revealed: ReadonlySet<string>) =>
  revealed.has('request.sha256') && revealed.has('response.sha256')

/** The messages that a receipt opens, and binds by a field. */
function messagesOf({ fields, messages }: InferenceReceipt) {
  const isBound = fields.opened.some(({ name }) => name === messagesField)
  return isBound && messages ? messages.opened : []
}

function nameOfMessage({ index }: { index: string }): string {
  return `${messagesField}[${index}]`
}

/** The order in which they stood could tell something of how they came about. */
function inOrder<T extends { index: string }>(opened: readonly T[]): T[] {
  return opened.toSorted((a, b) => Number(a.index) - Number(b.index))
}

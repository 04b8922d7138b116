import type { InferenceReceipt } from '@assay/sdk/formats'
import type { GlobalOptions } from '../commands/global-options.ts'
import { plainJson, plainShort } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import { hang } from '../output/wrap.ts'
import { hiddenFields, openedFields } from './opened-fields.ts'
import { type OpenedMessages, openedMessages } from './opened-messages.ts'
import { readReceipt } from './read-receipt.ts'

/** Shows what a receipt says, unchecked. @throws UsageError, InputError, InvalidReceiptError */
export async function showReceipt(
  argument: string,
  { json }: GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  const receipt = await readReceipt(argument)
  const opened = openedFields(receipt)
  const hidden = hiddenFields(receipt)
  const messages = openedMessages(receipt)
  if (json) {
    const { inferenceId, log, inference, batch, hints } = receipt
    const { first, count, mode, root } = batch
    const said = { inferenceId, log, inference, batch: { first, count, mode, root }, hints }
    await terminal.write(
      `${plainJson({ ...said, opened, hidden, ...(messages && { messages }) })}\n`,
    )
    return
  }
  const { colors, columns } = terminal
  const table = (rows: readonly (readonly [string, string])[]) =>
    rows.map(([name, text]) => hang(`  ${name.padEnd(19)} `, plainShort(text), columns)).join('\n')
  const sections = [
    colors.bold('What the receipt says; nothing of it is checked here'),
    table(publicRows(receipt)),
    colors.bold('Fields that it opens'),
    table(opened.map(({ name, text, hex }) => [plainShort(name), text ?? hex ?? ''] as const)),
    ...(messages ? [colors.bold(titleOf(messages)), table(messageRows(messages))] : []),
    hang('Hidden: ', hidden.join(', ') || 'nothing', columns),
  ]
  await terminal.write(`${sections.filter((section) => section !== '').join('\n')}\n`)
}

const titleOf = ({ count, opened }: OpenedMessages) =>
  `Messages of the request that it opens: ${opened.length} of ${count}`

function messageRows({ opened }: OpenedMessages) {
  return opened.map(({ name, sha256, json }) => [name, json ?? `sha256 ${sha256}`] as const)
}

function publicRows({ inferenceId, log, inference, batch, hints }: InferenceReceipt) {
  const { first, count, mode } = batch
  const servedAt = BigInt(inference.servedAt)
  return [
    ['inference', inferenceId],
    ['chain', log.chainId],
    ['inference log', log.inferenceLog],
    ['owner', log.owner],
    ['session key', log.sessionKey],
    ['sequence', inference.sequence],
    ['served at', `${timeOf(servedAt / 1000n)}, as the recorder declares`],
    ['model id', inference.modelId],
    ['environment id', inference.environmentId],
    ['batch', `${count} from ${first}, ${mode}`],
    ...Object.entries(hints).map(([name, value]) => [`hint: ${name}`, value] as const),
  ] as const
}

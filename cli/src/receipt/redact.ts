import { redactReceipt } from '@assay/sdk/formats'
import { checkOutput, deliver, type OutputOptions } from '../output/deliver.ts'
import type { Terminal } from '../output/terminal.ts'
import { readReceipt } from './read-receipt.ts'
import { receiptText } from './receipt-text.ts'

export type RedactOptions = OutputOptions & {
  /** Names of the fields that stay open, with commas between them, each option by itself. */
  reveal: readonly string[]
}

/** Makes a receipt that shows the named fields alone. @throws UsageError, InputError, InvalidReceiptError, NotShownError, OutputError */
export async function redact(
  argument: string,
  options: RedactOptions,
  terminal: Terminal,
): Promise<void> {
  checkOutput(options)
  const reveal = options.reveal.flatMap((names) => names.split(',')).filter((name) => name !== '')
  const redacted = redactReceipt(await readReceipt(argument), { reveal })
  await deliver(receiptText(redacted), options, terminal)
}

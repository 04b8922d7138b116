import { UsageError } from '../errors.ts'
import { findById } from '../input/find-by-id.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { sourceOf } from '../input/source.ts'
import { checkOutput, deliver, type OutputOptions } from '../output/deliver.ts'
import type { Terminal } from '../output/terminal.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { receiptText } from './receipt-text.ts'

export type GetOptions = OutputOptions & {
  settings?: string
  journal?: string
  indexer?: string
  timeout?: string
}

/** Gives the receipt of an inference from the journals on this disk. @throws UsageError, ReceiptNotFoundError, JournalError, OutputError */
export async function getReceipt(
  argument: string,
  options: GetOptions,
  terminal: Terminal,
): Promise<void> {
  const source = sourceOf(argument)
  if (source.kind !== 'id') {
    throw new UsageError(`This is neither a command nor an inference id: ${argument}`, {
      metaMessages: ['`assay receipt --help` lists the commands.'],
    })
  }
  checkOutput(options)
  await loadEnvFile(options.settings)
  const timeoutMillis = timeoutMillisOf(options.timeout)
  const receipt = await findById(source.inferenceId, { ...options, timeoutMillis })
  await deliver(receiptText(receipt), options, terminal)
}

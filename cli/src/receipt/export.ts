import { exportCoseReceipt } from '@assay/sdk/cose'
import { UsageError } from '../errors.ts'
import { checkOutput, deliver, type OutputOptions } from '../output/deliver.ts'
import type { Terminal } from '../output/terminal.ts'
import { readReceipt } from './read-receipt.ts'

export type ExportOptions = OutputOptions & {
  /** `cose` is the only one so far. */
  format: string
}

/** Writes a receipt in another format. @throws UsageError, InputError, InvalidReceiptError, OutputError */
export async function exportReceipt(
  argument: string,
  options: ExportOptions,
  terminal: Terminal,
): Promise<void> {
  if (options.format !== 'cose') throw new UsageError('`--format` must be `cose`.')
  checkOutput(options)
  await deliver(await exportCoseReceipt(await readReceipt(argument)), options, terminal)
}

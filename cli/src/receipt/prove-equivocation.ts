import { proveEquivocation } from '@assay/sdk/verify'
import { UsageError } from '../errors.ts'
import { checkOutput, deliver, type OutputOptions } from '../output/deliver.ts'
import { plainJson } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { readReceipt } from './read-receipt.ts'

/** Makes of two receipts a proof that one key contradicted itself. @throws UsageError, InputError, InvalidReceiptError, NoEquivocationError */
export async function prove(
  first: string,
  second: string,
  options: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  if (first === '-' && second === '-') {
    throw new UsageError('Only one of the receipts can come by standard input.')
  }
  checkOutput(options)
  const proof = proveEquivocation(await readReceipt(first), await readReceipt(second))
  await deliver(`${plainJson(proof)}\n`, options, terminal)
}

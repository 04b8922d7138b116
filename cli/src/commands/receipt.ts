import { addRedact } from './receipt-redact.ts'
import { addShow } from './receipt-show.ts'
import type { AddCommand } from './global-options.ts'

const commands = [addShow, addRedact]

/** `assay receipt …`: what is done with receipts but for verifying them. */
export const addReceipt: AddCommand = (parent, end) => {
  const receipt = parent.command('receipt').summary('show, redact, export and bundle receipts')
  for (const add of commands) add(receipt, end)
}

import { addBundle } from './receipt-bundle.ts'
import { addExport } from './receipt-export.ts'
import { addGet } from './receipt-get.ts'
import { addRedact } from './receipt-redact.ts'
import { addShow } from './receipt-show.ts'
import { addUnbundle } from './receipt-unbundle.ts'
import type { AddCommand } from './global-options.ts'

const commands = [addGet, addShow, addRedact, addExport, addBundle, addUnbundle]

/** `assay receipt …`: what is done with receipts but for verifying them. */
export const addReceipt: AddCommand = (parent, end) => {
  const receipt = parent.command('receipt').summary('get, show, redact, export and bundle receipts')
  for (const add of commands) add(receipt, end)
}

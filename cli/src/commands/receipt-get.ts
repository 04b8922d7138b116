import { doneCodeHelp } from '../exit-code-help.ts'
import type { GetOptions } from '../receipt/get.ts'
import { type AddCommand, addOutput, terminalOf } from './global-options.ts'

/** `assay receipt <id>`: the receipt of an inference that was recorded here. */
export const addGet: AddCommand = (parent, end) => {
  const command = parent
    .command('get', { isDefault: true })
    .summary('get the receipt of an inference that was recorded here')
    .description(
      'Makes the receipt of an inference from the journals on this disk. The word `get` may be left out.',
    )
    .argument('<id>', 'inference id')
    .option('--settings <file>', 'settings to use (default: .assay/env if it is there)')
    .option('--journal <directory>', 'where the journals are')
    .option('--indexer <url>', 'whom to ask who holds the receipt, if no journal here does')
    .option('--timeout <seconds>', 'how long the indexer may take (default: 30)')
  addOutput(command)
    .addHelpText(
      'after',
      `
Examples:
  assay receipt 0x… -o receipt.json
  assay receipt 0x… | assay verify -
${doneCodeHelp}`,
    )
    .action(async (id: string) => {
      const { getReceipt } = await import('../receipt/get.ts')
      await getReceipt(id, command.optsWithGlobals<GetOptions>(), terminalOf(command))
      end(0)
    })
}

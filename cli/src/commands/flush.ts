import type { FlushOptions } from '../flush/options.ts'
import { type AddCommand, type GlobalOptions, terminalOf } from './global-options.ts'

/** `assay flush`: settles what is left. */
export const addFlush: AddCommand = (parent, end) => {
  const command = parent
    .command('flush')
    .summary('settle what journals hold')
    .description(
      'Settles what the journals on this disk hold for the session key, those of processes that have ended included.',
    )
    .option('--settings <file>', 'settings to use (default: .assay/env if it is there)')
    .option('--journal <directory>', 'where the journals are')
    .option('--rpc <url>', 'endpoint of the chain (default: ASSAY_RPC_URL)')
    .option('--relay <url>', 'who pays (default: ASSAY_RELAY_URL, else the session key)')
    .option('--timeout <seconds>', 'how long it may take (default: 300)')
    .addHelpText(
      'after',
      `
Examples:
  assay flush
  assay flush --relay https://relay.example.org --timeout 60 --json

Exit codes:
  0  nothing is left to settle
  1  something is left; what stopped it is said
  3  bad arguments or settings; nothing was done`,
    )
    .action(async () => {
      const { flush } = await import('../flush/flush.ts')
      end(await flush(command.optsWithGlobals<FlushOptions & GlobalOptions>(), terminalOf(command)))
    })
}

import type { FlushOptions } from '../flush/options.ts'
import { type AddCommand, type GlobalOptions, terminalOf } from './global-options.ts'

/** `assay flush`: settles what is left. */
export const addFlush: AddCommand = (parent, end) => {
  const command = parent
    .command('flush')
    .summary('settle what journals hold')
    .description(
      'Settles what the journals on this disk hold for the session key, those of processes that have ended included; by its owner, if the key is lost.',
    )
    .option('--settings <file>', 'settings to use (default: .assay/env if it is there)')
    .option('--journal <directory>', 'where the journals are')
    .option('--rpc <url>', 'endpoint of the chain (default: ASSAY_RPC_URL)')
    .option('--relay <url>', 'who pays (default: ASSAY_RELAY_URL, else the session key)')
    .option('--in-place-of <address>', 'a session key that is lost: its owner settles for it')
    .option('--owner <address>', 'that owner (default: ASSAY_OWNER, else that of the key)')
    .option('--keystore <file>', "keystore of the owner's key (default: ASSAY_OWNER_KEY, or asked)")
    .option('--timeout <seconds>', 'how long it may take (default: 300)')
    .addHelpText(
      'after',
      `
Examples:
  assay flush
  assay flush --relay https://relay.example.org --timeout 60 --json
  assay flush --in-place-of 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --keystore owner.json

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

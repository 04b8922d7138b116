import type { Command } from 'commander'
import { addOutput } from './global-options.ts'

/** Adds the options by which a command finds the chain. */
export function addChain(command: Command): Command {
  return command
    .option('--settings <file>', 'settings to use (default: .assay/env if it is there)')
    .option(
      '--rpc <url>',
      'endpoint of the chain; of several, with commas, the next where one fails (default: ASSAY_RPC_URL)',
    )
    .option('--timeout <seconds>', 'how long a server may take (default: 30)')
}

/** Adds the options of a command that needs the owner's word. */
export function addOwner(command: Command): Command {
  addChain(command)
    .option('--owner <address>', 'whose word it is (default: ASSAY_OWNER, else that of the key)')
    .option('--keystore <file>', "keystore of the owner's key (default: ASSAY_OWNER_KEY, or asked)")
    .option('--relay <url>', 'who pays (default: ASSAY_RELAY_URL, else the owner)')
    .option('--dry-run', 'have the chain try it, and price it; nothing is sent')
    .option('--yes', 'do not ask whether to go on')
    .option('--print-request', 'print what to sign elsewhere, for eth_signTypedData_v4')
    .option('--page <file>', 'write a page, too, that has a wallet in the browser sign it')
    .option('--request <file>', 'the request that was signed')
    .option('--signature <hex>', 'its signature')
    .option('--signature-file <file>', 'a file with it')
  return addOutput(command)
}

/** What the help texts say of the owner's word. */
export const ownerHelp = `
The owner's key is read from ASSAY_OWNER_KEY or a keystore (passphrase: ASSAY_KEYSTORE_PASSPHRASE), or asked for; it is never an argument.
Signed elsewhere, the same command is given twice: with --print-request, then with --request and --signature. A relay
hands it in, or the session key pays.`

import { exitCodeHelp } from '../exit-code-help.ts'
import type { CheckOptions } from '../model/check.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addHashing } from './hashing-options.ts'

/** `assay model check`: are these files that model? */
export const addCheck: AddCommand = (parent, end) => {
  const command = parent
    .command('check')
    .summary('say whether files are a model')
    .description(
      'Compares files with a manifest, or with what is published under a model id, and names each that is missing, extra or different.',
    )
    .argument('<model>', 'a manifest, or the id of a model that is published')
    .argument('<paths...>', 'a directory, or files')
    .option('--manifest <file>', 'manifest of the model id, to name what is different')
  addHashing(command)
    .option('--settings <file>', 'file of ASSAY_ variables (default: .assay/env)')
    .option('--rpc <url>', 'endpoint of the chain (default: ASSAY_RPC_URL)')
    .option('--timeout <seconds>', 'how long a server may take (default: 30)')
    .addHelpText(
      'after',
      `
The chain knows the digest of the manifest alone. A manifest that is named like a model id is meant by ./ before it.

Examples:
  assay model check manifest.json weights
  assay model check 0x… weights --rpc https://rpc.example.org
  assay model check 0x… weights --manifest manifest.json --json
${exitCodeHelp}`,
    )
    .action(async (model: string, paths: string[]) => {
      const { check } = await import('../model/check.ts')
      end(await check(model, paths, command.optsWithGlobals<CheckOptions>(), terminalOf(command)))
    })
}

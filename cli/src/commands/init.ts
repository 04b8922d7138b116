import { doneCodeHelp } from '../exit-code-help.ts'
import type { InitOptions } from '../init/options.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay init`: a session key, authorized once. */
export const addInit: AddCommand = (parent, end) => {
  const command = parent
    .command('init')
    .summary('make a session key and have its owner authorize it')
    .description(
      'Makes a session key, has its owner authorize it once, and writes the settings that `createRecorder()` reads. Run again, it says what is there.',
    )
    .option('--days <number>', 'how long the authorization holds (default: 30)')
    .option('--renew', 'extend the authorization that is there')
    .option('--new-key', 'replace the key that is there; its settings are kept beside')
    .option('--inference-log <address>', 'contract (default: the published one on the chain)')
    .option('--journal <directory>', 'where recorders keep inferences (default: .assay/journal)')
    .option('--indexer <url>', 'indexer to write into the settings')
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

Examples:
  ASSAY_OWNER_KEY=0x… assay init --rpc https://rpc.example.org
  assay init --rpc https://rpc.example.org --keystore owner.json --relay https://relay.example.org
  assay init --renew --days 90
  assay init --owner 0x… --print-request -o request.json --page sign.html
  assay init --owner 0x… --request request.json --signature 0x…
${doneCodeHelp}`,
    )
    .action(async () => {
      const { init } = await import('../init/init.ts')
      await init(command.optsWithGlobals<InitOptions>(), terminalOf(command))
      end(0)
    })
}

import { doneCodeHelp } from '../exit-code-help.ts'
import type { PublishOptions } from '../model/publish.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addHashing, addSigned } from './hashing-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay model publish`: a version of a model, on record. */
export const addPublish: AddCommand = (parent, end) => {
  const command = parent
    .command('publish')
    .summary('publish a version of a model')
    .description(
      'Publishes a version of a model in the name of its publisher, the owner. A name and a version never point to other content.',
    )
    .argument('<name>', 'of the model')
    .argument('<version>', 'of it')
    .argument('[paths...]', 'its directory, or its files')
    .option('--manifest-digest <hex>', 'instead of the files')
    .option(
      '--signing-root <hex>',
      'root of the OpenSSF model signing (default: that of the files)',
    )
    .option('--uri <uri>', 'where the files can be had; nothing binds it')
  addHashing(command)
  addSigned(command)
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

Examples:
  assay model publish acme/chat 1.2.0 weights --uri https://example.org/chat
  assay model publish acme/chat 1.2.0 weights --dry-run
  assay model publish acme/chat 1.2.0 --manifest-digest 0x… --relay https://relay.example.org
${doneCodeHelp}`,
    )
    .action(async (name: string, version: string, paths: string[]) => {
      const { publish } = await import('../model/publish.ts')
      const options = command.optsWithGlobals<PublishOptions>()
      await publish(name, version, paths, options, terminalOf(command))
      end(0)
    })
}

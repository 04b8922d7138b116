import type { WatchOptions } from '../watch/options.ts'
import { type AddCommand, gather, type GlobalOptions, terminalOf } from './global-options.ts'
import { addChain } from './owner-options.ts'

/** `assay watch`: settlements as they happen. */
export const addWatch: AddCommand = (parent, end) => {
  const command = parent
    .command('watch')
    .summary('follow settlements as they happen')
    .description(
      "Shows what happens to the owner's inference logs, a line each, on the chain and in the journals on this disk, until it is ended.",
    )
    .option('--owner <address>', 'whose inference logs (default: ASSAY_OWNER)')
    .option('--log <id>', 'an inference log to follow', gather)
    .option('--from <block>', 'block to begin with (default: the next one)')
    .option('--interval <seconds>', 'how often to look (default: 2)')
    .option('--count <number>', 'end after so many settlements')
    .option('--journal <directory>', 'where the journals are')
  addChain(command)
    .addHelpText(
      'after',
      `
Inference logs that were opened before it began are followed if a journal here has them, or by --log or an earlier --from.

Examples:
  assay watch
  assay watch --json | jq 'select(.event == "settled")'
  assay watch --owner 0x… --from 19000000 --count 1

Exit codes:
  0  as many settlements were seen as --count says
  3  bad arguments, or the chain could not be reached at the start`,
    )
    .action(async () => {
      const { watch } = await import('../watch/watch.ts')
      await watch(command.optsWithGlobals<WatchOptions & GlobalOptions>(), terminalOf(command))
      end(0)
    })
}

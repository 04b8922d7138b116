import { exitCodeHelp } from '../exit-code-help.ts'
import type { VerifyOptions } from '../verify/options.ts'
import { type AddCommand, terminalOf, gather } from './global-options.ts'
import { addLevels } from './judging-options.ts'

/** `assay verify`: what a receipt proves. */
export const addVerify: AddCommand = (parent, end) => {
  const command = parent
    .command('verify')
    .summary('say what a receipt proves, and what it does not')
    .description(
      'Says of a receipt, a bundle of receipts or a proof of equivocation what is shown, refuted or unknown, and on whose word.',
    )
    .argument('<input>', 'a file, - for standard input, an inference id, or an http(s) URL')
    .option(
      '--policy <file>',
      'what to believe and to require: a file, or the name of a ready one (default: the published contracts)',
    )
    .option('--rpc <url>', 'endpoint of the chain; of several, all have to agree', gather)
    .option('--offline', 'ask nobody: what needs the chain is unknown')
    .option('--request <file>', 'the request you hold, to compare with its digest')
    .option('--response <file>', 'the response you hold, to compare with its digest')
    .option(
      '--archive <file>',
      'archived attestation of the environment; repeat it for several',
      gather,
    )
  addLevels(command)
    .option('--journal <directory>', 'where to look for an inference id')
    .option('--indexer <url>', 'whom to ask about an inference id')
    .option('--timeout <seconds>', 'how long a server may take (default: 30)')
    .option('--explain', 'say more: what each check means, what is hidden, what is not proven')
    .addHelpText(
      'after',
      `
Without --rpc, the policy's endpoints of the receipt's chain are asked, else ASSAY_RPC_URL; never one that a receipt names.
A ready policy is open-research, own-deployment or strict-finance; a file that is named like one is meant by ./ before it.
An inference id is looked for in the journals of --journal, else ASSAY_JOURNAL, else .assay/journal.

Examples:
  assay verify receipt.json --rpc https://rpc.example.org
  assay verify receipt.json --offline --explain
  assay verify receipt.json --request request.json --response response.json
  assay verify https://example.org/receipt.json --policy policy.json
  curl -s https://example.org/receipt.json | assay verify - --json
${exitCodeHelp}`,
    )
    .action(async (input: string) => {
      const { verify } = await import('../verify/verify.ts')
      const options = command.optsWithGlobals<VerifyOptions>()
      end(await verify(input, options, terminalOf(command)))
    })
}

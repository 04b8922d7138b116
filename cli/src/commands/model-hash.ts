import { doneCodeHelp } from '../exit-code-help.ts'
import type { HashOptions } from '../model/hash.ts'
import { type AddCommand, addOutput, gather, terminalOf } from './global-options.ts'

/** `assay model hash`: the manifest of a model's files. */
export const addHash: AddCommand = (parent, end) => {
  const command = parent
    .command('hash')
    .summary('compute the manifest digest of files')
    .description(
      'Hashes the files of a model and prints the digest of their manifest, which names path, size and SHA-256 of each. Nothing is sent.',
    )
    .argument('<paths...>', 'a directory, or files')
    .option('--ignore <path>', 'a file or directory below to leave out', gather)
  addOutput(command)
    .addHelpText(
      'after',
      `
With -o the manifest itself is written, as its digest is taken of it (RFC 8785).

Examples:
  assay model hash weights
  assay model hash weights --ignore .git -o manifest.json --json
  assay model hash config.json model.safetensors
${doneCodeHelp}`,
    )
    .action(async (paths: string[]) => {
      const { hash } = await import('../model/hash.ts')
      await hash(paths, command.optsWithGlobals<HashOptions>(), terminalOf(command))
      end(0)
    })
}

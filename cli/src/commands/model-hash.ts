import { doneCodeHelp } from '../exit-code-help.ts'
import type { HashOptions } from '../model/hash.ts'
import { type AddCommand, addOutput, terminalOf } from './global-options.ts'
import { addHashing, addSigned } from './hashing-options.ts'

/** `assay model hash`: the manifest of a model's files. */
export const addHash: AddCommand = (parent, end) => {
  const command = parent
    .command('hash')
    .summary('compute the manifest digest of files')
    .description(
      'Hashes the files of a model and prints the digest of their manifest, which names path, size and SHA-256 of each. Nothing is sent.',
    )
    .argument('<paths...>', 'a directory, or files')
    .option('--list', 'print the digest of each file, as sha256sum does')
  addHashing(command)
  addSigned(command)
  addOutput(command)
    .addHelpText(
      'after',
      `
With -o the manifest itself is written, as its digest is taken of it (RFC 8785). The root that the OpenSSF's model_signing
signs is told beside it, and what is odd about the files: shards that are missing, weights that were not fetched.

Examples:
  assay model hash weights
  assay model hash weights --ignore .git -o manifest.json --json
  assay model hash config.json model.safetensors
  assay model hash weights --list > SHA256SUMS
  assay model hash ~/.cache/huggingface/hub/models--acme--chat/snapshots/<commit> --allow-symlinks
${doneCodeHelp}`,
    )
    .action(async (paths: string[]) => {
      const { hash } = await import('../model/hash.ts')
      await hash(paths, command.optsWithGlobals<HashOptions>(), terminalOf(command))
      end(0)
    })
}

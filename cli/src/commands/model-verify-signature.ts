import { exitCodeHelp } from '../exit-code-help.ts'
import type { VerifySignatureOptions } from '../model/verify-signature.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addHashing, addSigned } from './hashing-options.ts'

/** `assay model verify-signature`: has somebody signed these files? */
export const addVerifySignature: AddCommand = (parent, end) => {
  const command = parent
    .command('verify-signature')
    .summary("check a model's OpenSSF signature")
    .description(
      "Checks a signature that the OpenSSF's model_signing made, and whether these files are what was signed. Nobody is asked.",
    )
    .argument('<path>', 'directory of the model, or its file')
    .requiredOption('--bundle <file>', 'the signature, such as model.sig')
    .option('--key <file>', 'public key in PEM that has to have signed')
    .option('--certificates <file>', 'certificates in PEM, one of which has to lead to the signer')
    .option('--trusted-root <file>', 'trusted root of the Sigstore instance, as JSON')
    .option('--identity <name>', "the signer's e-mail address or URI, with --trusted-root")
    .option('--issuer <url>', 'who vouches for that identity, with --trusted-root')
    .option('--timeout <seconds>', 'how long a pipe may give nothing (default: 30)')
  addHashing(command)
  addSigned(command)
    .addHelpText(
      'after',
      `
Examples:
  assay model verify-signature weights --bundle weights/model.sig --key signer.pem
  assay model verify-signature weights --bundle model.sig --certificates roots.pem
  assay model verify-signature weights --bundle model.sig --trusted-root trusted_root.json \\
    --identity release@example.org --issuer https://accounts.example.org
${exitCodeHelp}`,
    )
    .action(async (path: string) => {
      const { verifySignature } = await import('../model/verify-signature.ts')
      const options = command.optsWithGlobals<VerifySignatureOptions>()
      end(await verifySignature(path, options, terminalOf(command)))
    })
}

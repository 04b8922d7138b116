import type { RegisterOptions } from '../environment/register.ts'
import { doneCodeHelp } from '../exit-code-help.ts'
import { type AddCommand, terminalOf } from './global-options.ts'
import { addJudging } from './judging-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay environment register`: a machine and its code, on record. */
export const addRegister: AddCommand = (parent, end) => {
  const command = parent
    .command('register')
    .summary('register an environment')
    .description(
      'Registers an environment in the name of the owner: what runs inference, by its measurement, its key and its attestation.',
    )
    .option('--archive <file>', 'archived attestation: kind, measurement and digest are its own')
    .option('--kind <name>', 'nitro, tdx, sev-snp, none, or another name')
    .option('--measurement <hex>', "SHA-256 over the kind's measurement registers")
    .option('--key-type <name>', 'none, secp256k1, p256, ed25519 or rsa (default: none)')
    .option('--key <hex>', 'the public key of the environment')
    .option('--proof <hex>', 'signature by that key (default: made by ASSAY_ENVIRONMENT_KEY)')
    .option('--attestation <file>', 'attestation document, whose digest is registered')
    .option('--attestation-digest <hex>', 'its digest, instead')
    .option('--days <number>', 'how long it is valid (default: 30)')
    .option('--verifier <address>', 'contract that has to vouch for it')
    .option('--statement <hex>', 'what that contract needs')
    .option('--uri <uri>', 'where the document can be had; nothing binds it')
  addJudging(command)
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

Examples:
  assay environment register --kind none --measurement 0x… --days 90
  assay environment register --kind nitro --measurement 0x… --attestation document.cbor --dry-run
  assay environment register --archive attestation.json --key-type ed25519 --key 0x…
${doneCodeHelp}`,
    )
    .action(async () => {
      const { register } = await import('../environment/register.ts')
      await register(command.optsWithGlobals<RegisterOptions>(), terminalOf(command))
      end(0)
    })
}

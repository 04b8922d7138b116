import type { RegisterOptions } from '../environment/register.ts'
import { doneCodeHelp } from '../exit-code-help.ts'
import { addClaim } from './claim-options.ts'
import { type AddCommand, gather, terminalOf } from './global-options.ts'
import { addOwner, ownerHelp } from './owner-options.ts'

/** `assay environment register`: a machine and its code, on record. */
export const addRegister: AddCommand = (parent, end) => {
  const command = parent
    .command('register')
    .summary('register an environment')
    .description(
      'Registers an environment in the name of the owner: what runs inference, by its measurement, its key and its attestation.',
    )
  addClaim(command)
    .option('--proof <hex>', 'signature by its key (default: made by ASSAY_ENVIRONMENT_KEY)')
    .option('--days <number>', 'how long it is valid (default: 30)')
    .option(
      '--valid-until <time>',
      'its end, instead: Unix seconds, or such as 2026-01-31T08:00:00Z',
    )
    .option('--verifier <address>', 'contract that has to vouch for it')
    .option('--statement <hex>', 'what that contract needs')
    .option(
      '--attester-signature <address:deadline:hex>',
      'signature of an attester of it, made elsewhere; may come several times',
      gather,
    )
    .option('--uri <uri>', 'where the document can be had; nothing binds it')
  addOwner(command)
    .addHelpText(
      'after',
      `${ownerHelp}

Examples:
  assay environment register --kind none --measurement 0x… --days 90
  assay environment register --kind nitro --measurement 0x… --attestation document.cbor --dry-run
  assay environment register --archive attestation.json --key-type ed25519 --key 0x…
  assay environment register --archive attestation.json --verifier 0x… --valid-until 2027-01-31T08:00:00Z --statement 0x…
  assay environment register … --verifier 0x… --valid-until 1800000000 --attester-signature 0x…:1790000000:0x…
${doneCodeHelp}`,
    )
    .action(async () => {
      const { register } = await import('../environment/register.ts')
      await register(command.optsWithGlobals<RegisterOptions>(), terminalOf(command))
      end(0)
    })
}

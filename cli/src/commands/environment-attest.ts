import type { AttestOptions } from '../environment/attest.ts'
import { doneCodeHelp } from '../exit-code-help.ts'
import { addClaim } from './claim-options.ts'
import { type AddCommand, gather, terminalOf } from './global-options.ts'
import { addChain } from './owner-options.ts'

/** `assay environment attest`: an attester's word for an environment, for a verifier on chain. */
export const addAttest: AddCommand = (parent, end) => {
  const command = parent
    .command('attest')
    .summary('sign a statement on an environment, as an attester')
    .description(
      "Signs, as an attester of a verifier on chain (AttesterQuorum, P256Attester), that an environment is what its registration says, and prints the statement. Statements of a quorum's attesters are joined into one.",
    )
    .argument('[environment-id]', 'id of the environment, in place of what it follows from')
    .option('--verifier <address>', 'the verifier that the statement is for')
    .option(
      '--valid-until <time>',
      'end of the environment: Unix seconds, or such as 2026-01-31T08:00:00Z',
    )
    .option('--deadline <time>', 'until when it may be registered by this (default: in 7 days)')
    .option('--registrant <address>', 'who will register it')
    .option('--join <hex>', 'statement of other attesters, to join; may come several times', gather)
    .option('--attester-key <file>', 'private key in PEM, of a P256Attester')
    .option('--print-request', 'print what to sign elsewhere, for eth_signTypedData_v4')
  addClaim(command)
  addChain(command)
    .addHelpText(
      'after',
      `
The attester's key is read from ASSAY_ATTESTER_KEY (secp256k1), or from a file (P-256; passphrase: ASSAY_ATTESTER_PASSPHRASE); it is never
an argument. With --join alone nothing is signed, and no chain is asked.
The registrant hands the statement in: assay environment register … --verifier 0x… --valid-until … --statement 0x…
What a contract or a wallet has signed elsewhere: --attester-signature <address>:<deadline>:<hex> in the place of --statement, or beside it.

Examples:
  assay environment attest --archive attestation.json --registrant 0x… --verifier 0x… --valid-until 2027-01-31T08:00:00Z
  assay environment attest 0x… --verifier 0x… --valid-until 1800000000 --join 0x…
  assay environment attest --join 0x… --join 0x…
  assay environment attest 0x… --verifier 0x… --valid-until 1800000000 --attester-key key.pem
  assay environment attest 0x… --verifier 0x… --valid-until 1800000000 --deadline 1790000000 --print-request
${doneCodeHelp}`,
    )
    .action(async (id: string | undefined) => {
      const { attest } = await import('../environment/attest.ts')
      await attest(id, command.optsWithGlobals<AttestOptions>(), terminalOf(command))
      end(0)
    })
}

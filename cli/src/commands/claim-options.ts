import type { Command } from 'commander'
import { addJudging } from './judging-options.ts'

/** Adds the options that say what an environment is. */
export function addClaim(command: Command): Command {
  command
    .option('--archive <file>', 'archived attestation: kind, measurement and digest are its own')
    .option('--kind <name>', 'nitro, tdx, sev-snp, none, or another name')
    .option('--measurement <hex>', "SHA-256 over the kind's measurement registers")
    .option('--key-type <name>', 'none, secp256k1, p256, ed25519 or rsa (default: none)')
    .option('--key <hex>', 'the public key of the environment')
    .option('--attestation <file>', 'attestation document, whose digest is registered')
    .option('--attestation-digest <hex>', 'its digest, instead')
  return addJudging(command)
}

import type { Command } from 'commander'
import { gather } from './global-options.ts'

/** Adds the options of a command that judges an attestation. */
export function addJudging(command: Command): Command {
  return addLevels(
    command.option(
      '--root <digest>',
      "root certificate to trust in place of the manufacturer's",
      gather,
    ),
  )
}

/** Adds what is accepted of machines; the roots are somebody else's word there. */
export function addLevels(command: Command): Command {
  return command
    .option('--vmpl <number>', 'SEV-SNP: privilege level of the report (default: 0)')
    .option('--tcb-status <name>', 'TDX: status to accept (default: the current ones)', gather)
}

import type { Command } from 'commander'
import { gather } from './global-options.ts'

/** Adds the options of a command that hashes a model's files. */
export function addHashing(command: Command): Command {
  return command
    .option('--ignore <path>', 'a file or directory below to leave out', gather)
    .option('--allow-symlinks', 'take links to files for what they lead to')
    .option('--no-cache', 'read all files, also those that have not changed since')
    .option('--threads <number>', 'files that are hashed at once (default: one a core)')
    .option('--quiet', 'no progress, and no notes')
}

/** Adds what says which files the OpenSSF's signing root is of. */
export function addSigned(command: Command): Command {
  return command
    .option(
      '--unsigned <path>',
      'a file or directory that the signing root leaves out (default: model.sig)',
      gather,
    )
    .option('--no-ignore-git-paths', 'have the signing root count .git* at the top, too')
}

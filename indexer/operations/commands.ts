import { addBackup } from './commands/backup.ts'
import type { AddCommand } from './commands/output.ts'
import { addPrune } from './commands/prune.ts'
import { addRestore } from './commands/restore.ts'
import { addSwitch } from './commands/switch.ts'
import { addVersions } from './commands/versions.ts'

/** The commands for running in production on PostgreSQL: each adds itself to a program. */
export const operationsCommands: readonly AddCommand[] = [
  ...[addVersions, addSwitch, addPrune, addBackup, addRestore],
]

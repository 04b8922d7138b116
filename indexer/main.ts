/**
 * The indexer's command line, see docs/indexer.md and docs/operations.md: `node indexer/main.ts` runs it by environment variables until it is
 * told to end. Its log is JSON lines on standard output.
 */
import { BaseError } from '@assay/sdk'
import { createProgram } from './commands/create-program.ts'

try {
  await createProgram().parseAsync()
} catch (error) {
  const known = error instanceof BaseError
  const message = known ? error.message : error instanceof Error ? error.stack : String(error)
  const json = process.argv.includes('--json')
  const name = error instanceof Error ? error.name : 'Error'
  console.error(json ? JSON.stringify({ error: { name, message } }) : message)
  process.exitCode = 1
}

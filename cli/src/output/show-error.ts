import { inspect } from 'node:util'
import { BaseError } from '@assay/sdk/errors'
import { InputError, OutputError, UnexpectedError } from '../errors.ts'
import { plain, plainJsonLine, plainShort } from './plain.ts'
import type { Terminal } from './terminal.ts'

/**
 * Shows what went wrong: for a person on standard error, or as JSON on standard output, where a program looks for the result.
 * What others wrote, such as names of files, does nothing to the terminal.
 */
export async function showError(thrown: unknown, terminal: Terminal, json: boolean): Promise<void> {
  const error = thrown instanceof BaseError ? thrown : new UnexpectedError(thrown)
  if (process.env.ASSAY_DEBUG) {
    const lines = inspect(error, { colors: false }).split('\n').map(plain)
    await terminal.note(lines.join('\n'))
  }
  const { name, shortMessage, metaMessages, docsPath } = error
  if (json) {
    const told = { code: name, message: shortMessage, details: metaMessages, docsPath }
    await terminal.write(`${plainJsonLine({ error: told })}\n`)
    return
  }
  const { red, dim } = terminal.noteColors
  const lines = [
    `${red('error:')} ${plainShort(shortMessage)}`,
    ...metaMessages.map((line) => `  ${plainShort(line)}`),
    ...detailsOf(error).map((line) => `  ${plainShort(line)}`),
    ...(docsPath ? [dim(`  See docs/${docsPath}`)] : []),
  ]
  await terminal.note(lines.join('\n'))
}

/** What led to it, where that says more. */
function detailsOf(error: BaseError): string[] {
  if (error instanceof InputError || error instanceof OutputError) return []
  const { cause, shortMessage } = error
  const message = cause instanceof Error ? cause.message.split('\n', 1)[0] : undefined
  return message && !shortMessage.includes(message) ? [`Details: ${message}`] : []
}

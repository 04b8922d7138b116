import type { Command } from 'commander'
import { processTerminal } from '../output/terminal.ts'

/**
 * Says what can come next, if a completion script asks for it. What is typed is no command line yet, so that nothing else may
 * parse it.
 *
 * @returns Whether it was asked.
 */
export async function answerCompletion(
  program: Command,
  args: readonly string[],
): Promise<boolean> {
  const [command, option, ...words] = args
  if (command !== 'completion' || option !== '--candidates') return false
  const { candidatesFor } = await import('./candidates.ts')
  const found = candidatesFor(program, words)
  const lines = [found.files ? 'files' : 'words', ...found.words]
  await processTerminal(false).write(lines.map((word) => `${word}\n`).join(''))
  return true
}

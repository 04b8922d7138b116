import { UsageError } from '../errors.ts'
import type { GlobalOptions } from '../commands/global-options.ts'
import { plain, plainJson } from './plain.ts'
import type { Terminal } from './terminal.ts'
import { checkOutput, writeFile } from './write-file.ts'

/** Options of commands that make a file. */
export type OutputOptions = GlobalOptions & {
  /** Where it goes. Default: standard output. */
  output?: string
  /** Whether it may replace a file. */
  force?: boolean
}

/**
 * To be called before the work is done. @throws OutputError if a file is there already
 */
export function checkTarget({ output, force = false }: OutputOptions): void {
  checkOutput(output, { replace: force })
}

/** Gives a file to whoever asked for it. @throws OutputError; UsageError if its bytes would go to a terminal */
export async function deliver(
  content: string | Uint8Array,
  { output, force = false, json }: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  if (output !== undefined) {
    writeFile(output, Buffer.from(content), { replace: force })
    if (json) await terminal.write(`${plainJson({ output })}\n`)
    else await terminal.note(`Written: ${plain(output)}`)
    return
  }
  if (typeof content !== 'string' && terminal.columns !== undefined) {
    throw new UsageError('These bytes are nothing for a terminal: name a file by `-o`.')
  }
  await terminal.write(content)
}

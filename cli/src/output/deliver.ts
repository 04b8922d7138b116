import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { plain, plainJson } from './plain.ts'
import type { Terminal } from './terminal.ts'
import { checkTarget, type Content, writeFile } from './write-file.ts'

/** Options of commands that make a file. */
export type OutputOptions = GlobalOptions & {
  /** Where it goes. Default: standard output. */
  output?: string
  /** Whether it may replace a file. */
  force?: boolean
}

/** To be called before the work is done. @throws OutputError if the file is there already */
export function checkOutput({ output, force = false }: OutputOptions): void {
  if (output !== undefined) checkTarget(output, { replace: force })
}

/** Gives a file to whoever asked for it. @throws OutputError; UsageError if its bytes would go to a terminal */
export async function deliver(
  content: Content,
  { output, force = false, json }: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  if (output !== undefined) {
    await writeFile(output, content, { replace: force })
    if (json) await terminal.write(`${plainJson({ output })}\n`)
    else await terminal.note(`Written: ${plain(output)}`)
    return
  }
  if (content instanceof Uint8Array && terminal.columns !== undefined) {
    throw new UsageError('These bytes are nothing for a terminal: name a file by `-o`.')
  }
  if (typeof content === 'string' || content instanceof Uint8Array) await terminal.write(content)
  else for await (const piece of content) await terminal.write(piece)
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { receiptsOf } from '@assay/sdk/formats'
import { OutputError, UsageError } from '../errors.ts'
import { defaultTimeout } from '../input/limits.ts'
import { openSource } from '../input/read-text.ts'
import { sourceOf } from '../input/source.ts'
import type { OutputOptions } from '../output/deliver.ts'
import { plain, plainJsonLine } from '../output/plain.ts'
import { createProgress } from '../output/progress.ts'
import type { Terminal } from '../output/terminal.ts'
import { writeFile } from '../output/write-file.ts'
import { receiptText } from './receipt-text.ts'

/**
 * Takes the receipts out of a bundle: into a directory, each as `<inference id>.json`, or onto standard output, one a line.
 *
 * @throws UsageError, InputError, InvalidBundleError, OutputError; receipts that were taken out before stay
 */
export async function unbundle(
  argument: string,
  { output, force = false, json }: OutputOptions,
  terminal: Terminal,
): Promise<void> {
  const source = sourceOf(argument)
  if (source.kind === 'id' || source.kind === 'url') {
    throw new UsageError('The bundle has to be in a file or come by standard input.')
  }
  const { chunks } = openSource(source, defaultTimeout * 1000)
  if (output !== undefined) makeDirectory(output)
  const progress = createProgress(terminal)
  let taken = 0
  try {
    for await (const receipt of receiptsOf(chunks)) {
      if (output === undefined) await terminal.write(`${plainJsonLine(receipt)}\n`)
      else {
        // The id is hex to the letter: no name leads out of the directory.
        const path = join(output, `${receipt.inferenceId}.json`)
        await writeFile(path, receiptText(receipt), { replace: force })
      }
      taken++
      progress.show(`${taken} receipts`, undefined)
    }
  } finally {
    progress.end()
  }
  if (output === undefined) return
  if (json) await terminal.write(`${plainJsonLine({ output, receipts: taken })}\n`)
  else await terminal.note(`Written: ${taken} receipts into ${plain(output)}`)
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 })
  } catch (cause) {
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new OutputError(path, `cannot be a directory (${code})`, { cause })
  }
}

import { type InferenceReceipt, parseReceipt } from '@assay/sdk/formats'
import { UsageError } from '../errors.ts'
import { defaultTimeout, maxDocumentBytes } from '../input/limits.ts'
import { openSource, readText } from '../input/read-text.ts'
import { sourceOf } from '../input/source.ts'

/** Reads a receipt from a file or standard input. @throws UsageError, InputError, InvalidReceiptError */
export async function readReceipt(argument: string): Promise<InferenceReceipt> {
  const source = sourceOf(argument)
  if (source.kind === 'id' || source.kind === 'url') {
    throw new UsageError('The receipt has to be in a file or come by standard input.', {
      metaMessages: ['A file that is named like an inference id or a URL is meant by `./…`.'],
    })
  }
  return parseReceipt(await readText(openSource(source, defaultTimeout * 1000), maxDocumentBytes))
}

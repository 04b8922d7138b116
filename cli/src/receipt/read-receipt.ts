import { type InferenceReceipt, parseReceipt } from '@assay/sdk/formats'
import { InvalidReceiptError } from '@assay/sdk/errors'
import { InputError, UsageError } from '../errors.ts'
import { defaultTimeout, maxDocumentBytes } from '../input/limits.ts'
import { openSource, readFileText, readText } from '../input/read-text.ts'
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

/** Reads a receipt from a file. @throws InputError, InvalidReceiptError that names it */
export async function readReceiptFile(path: string): Promise<InferenceReceipt> {
  const text = await readFileText(path, maxDocumentBytes, defaultTimeout * 1000)
  try {
    return parseReceipt(text)
  } catch (cause) {
    if (!(cause instanceof InvalidReceiptError)) throw cause
    throw new InputError(path, 'is no receipt', { cause, metaMessages: [cause.shortMessage] })
  }
}

import type { ExchangeContents } from '@assay/sdk/verify'
import { fileChunks, gather, tooLarge } from '../input/chunks.ts'
import { fileSize } from '../input/file-size.ts'
import { maxContentBytes } from '../input/limits.ts'
import type { VerifyOptions } from './options.ts'

/** The request and the response that the reader holds. @throws InputError */
export async function readContents(
  { request, response }: Pick<VerifyOptions, 'request' | 'response'>,
  timeoutMillis: number,
): Promise<ExchangeContents> {
  return {
    request: await readContent(request, timeoutMillis),
    response: await readContent(response, timeoutMillis),
  }
}

async function readContent(
  path: string | undefined,
  timeoutMillis: number,
): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined
  // Seen before so much is held in memory.
  if ((fileSize(path) ?? 0) > maxContentBytes) throw tooLarge(path, maxContentBytes)
  return gather(fileChunks(path, timeoutMillis), path, maxContentBytes)
}

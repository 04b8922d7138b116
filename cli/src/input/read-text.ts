import { InputError } from '../errors.ts'
import { type Chunks, fileChunks, gather, stdinChunks } from './chunks.ts'
import type { Source } from './source.ts'
import { shownUrl, urlChunks } from './url-chunks.ts'

/** Something that is read as it comes, with the name under which it may be shown. */
export type OpenInput = { name: string; chunks: Chunks }

/**
 * Opens what a source that is no inference id stands for. What goes wrong is told when it is read.
 *
 * @param timeoutMillis - How long a pipe may give nothing, and all of a URL may take.
 */
export function openSource(
  source: Exclude<Source, { kind: 'id' }>,
  timeoutMillis: number,
): OpenInput {
  switch (source.kind) {
    case 'stdin':
      return { name: 'standard input', chunks: stdinChunks() }
    case 'url':
      return { name: shownUrl(source.url), chunks: urlChunks(source.url, timeoutMillis) }
    case 'file':
      return { name: source.path, chunks: fileChunks(source.path, timeoutMillis) }
  }
}

/** All of it as text. @throws InputError */
export async function readText({ name, chunks }: OpenInput, maxBytes: number): Promise<string> {
  const bytes = await gather(chunks, name, maxBytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new InputError(name, 'is no text in UTF-8', { cause })
  }
}

/** A file as text. @throws InputError */
export function readFileText(
  path: string,
  maxBytes: number,
  timeoutMillis: number,
): Promise<string> {
  return readText({ name: path, chunks: fileChunks(path, timeoutMillis) }, maxBytes)
}

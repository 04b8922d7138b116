import { InputError } from '../errors.ts'
import { fetchBytes } from './fetch-bytes.ts'
import { readFileBytes, type ReadLimits, readStdin } from './read-bytes.ts'
import type { Source } from './source.ts'

/** Reads a file as text. @throws InputError */
export async function readFileText(path: string, limits: ReadLimits): Promise<string> {
  return decode(await readFileBytes(path, limits), path)
}

/** Reads what a source that is no inference id stands for. @throws InputError */
export async function readSource(
  source: Exclude<Source, { kind: 'id' }>,
  limits: ReadLimits,
): Promise<string> {
  switch (source.kind) {
    case 'stdin':
      return decode(await readStdin(limits), 'standard input')
    case 'url':
      return decode(await fetchBytes(source.url, limits), 'what the URL gives')
    case 'file':
      return readFileText(source.path, limits)
  }
}

function decode(bytes: Uint8Array, source: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (cause) {
    throw new InputError(source, 'is no text in UTF-8', { cause })
  }
}

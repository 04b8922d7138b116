import { ModelFilesError } from '../errors.ts'

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Names on disk are bytes: those that are no text would be another name in the manifest. @throws ModelFilesError */
export function nameOf(raw: Uint8Array, directory: string): string {
  try {
    return utf8.decode(raw)
  } catch (cause) {
    throw new ModelFilesError('name', directory, 'has a file whose name is no text in UTF-8', {
      cause,
    })
  }
}

/** @throws ModelFilesError for a name that some system could not hold, and so not check. */
export function checkName(path: string, file: string): void {
  if (!/[\\\p{Cc}\p{Surrogate}]/u.test(path)) return
  throw new ModelFilesError('name', file, 'has a backslash or a control character in its name', {
    metaMessages: ['Not every system could hold this file, and so check the manifest.'],
  })
}

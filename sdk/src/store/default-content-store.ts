import { environment } from '../config/environment.ts'
import type { ContentStore } from './content-store.ts'

/** A folder beside the journals, if these are kept in a directory. Default: the contents, beside those of the environment. */
export function besideJournals(
  journals = environment().ASSAY_JOURNAL ?? '.assay/journal',
  folder = 'content',
): string {
  return `${journals.replace(/[/\\]+$/, '')}/../${folder}`
}

/**
 * The content store of a recorder that names none: `fileContentStore()` beside its journals. The code is loaded with the first
 * content: most recorders keep none.
 *
 * @param journals - Directory of the journals.
 */
export function defaultContentStore(journals: string | undefined): ContentStore {
  const directory = besideJournals(journals)
  let store: ContentStore | undefined
  const load = async () =>
    (store ??= (await import('./file-content-store.ts')).fileContentStore({ directory }))
  return {
    put: async (content) => (await load()).put(content),
    get: async (digest) => (await load()).get(digest),
  }
}

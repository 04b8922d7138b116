import { existsSync } from 'node:fs'

/** Where the journals are: `--journal`, else ASSAY_JOURNAL, else `.assay/journal`. */
export const journalDirectory = (journal: string | undefined): string =>
  journal ?? process.env.ASSAY_JOURNAL ?? '.assay/journal'

/** As `journalDirectory`; undefined if none was named and there is none where it would be: then nothing was ever recorded. */
export function existingJournalDirectory(journal: string | undefined): string | undefined {
  const directory = journalDirectory(journal)
  const named = journal ?? process.env.ASSAY_JOURNAL
  return named === undefined && !existsSync(directory) ? undefined : directory
}

import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileJournal, type FileJournalOptions } from '@assay/sdk'
import { afterEach, beforeEach } from 'vitest'
import { place } from './journal-records.ts'

/** Gives each test of a file a directory for journals, which is gone after it. */
export function journalDirectory() {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'assay-journal-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  /** The only journal's folder. */
  async function folderOf(): Promise<string> {
    const [folder] = await readdir(directory)
    return join(directory, folder as string)
  }
  return {
    path: () => directory,
    open: (options: FileJournalOptions = {}, where = place) =>
      fileJournal({ directory, ...options })(where),
    folderOf,
    /** Its files, the oldest first. */
    segments: async (): Promise<string[]> => {
      const folder = await folderOf()
      const names = (await readdir(folder)).filter((name) => name.endsWith('.journal'))
      return names.sort().map((name) => join(folder, name))
    },
  }
}

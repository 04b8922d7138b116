import { cp, mkdir, mkdtemp, realpath, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  type RunningIndexer,
  startIndexer,
  type StartIndexerOptions,
} from '../../../indexer/run.ts'

type Embedded = {
  waitReady: Promise<void>
  exec(sql: string): Promise<unknown>
  close(): Promise<void>
}
type Library = { PGlite: new (directory: string) => Embedded }

// Beside what the compiler keeps: found again by the next run, and by whoever runs at the same time.
const kept = fileURLToPath(new URL('../../../cache/', import.meta.url))

/** The embedded database as Ponder itself would open it, and which one that is. */
export async function embeddedDatabase(): Promise<Library & { path: string }> {
  const ponder = new URL('../../../indexer/node_modules/ponder/package.json', import.meta.url)
  const path = createRequire(await realpath(ponder)).resolve('@electric-sql/pglite')
  return { ...((await import(path)) as Library), path }
}

/** A directory for an indexer whose embedded database is empty, but made: making it is half of the time that a start takes. */
export async function preparedDirectory(): Promise<string> {
  const { PGlite, path } = await embeddedDatabase()
  const version = /pglite@([\d.]+)/.exec(path)?.[1] ?? 'unknown'
  const template = join(kept, `pglite-${version}`)
  const directory = await mkdtemp(join(tmpdir(), 'assay-embedded-'))
  const copy = () => cp(template, join(directory, 'pglite'), { recursive: true })
  await copy().catch(async (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(kept, { recursive: true })
    const made = await mkdtemp(join(kept, 'pglite-'))
    const database = new PGlite(made)
    await database.waitReady
    await database.close()
    // Where another process was first, that one's is there.
    await rename(made, template).catch(() => rm(made, { recursive: true }))
    await copy()
  })
  return directory
}

/** As `startIndexer`, in a directory of its own that `stop` removes. */
export async function startEmbedded(
  options: Omit<StartIndexerOptions, 'directory' | 'databaseUrl'>,
): Promise<RunningIndexer> {
  const directory = await preparedDirectory()
  const remove = () => rm(directory, { recursive: true, force: true, maxRetries: 3 })
  try {
    const indexer = await startIndexer({ ...options, directory })
    return { ...indexer, stop: () => indexer.stop().finally(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

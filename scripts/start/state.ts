import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** Where a run keeps things. */
export type StatePaths = {
  /** What the user's own app attaches with. */
  env: string
  /** The same for the operator of the model server: another owner, another key. */
  operatorEnv: string
  receipts: string
  journal: string
  operatorJournal: string
  indexer: string
}

const keptRuns = 3

/**
 * Lays out the state directory for a run. Journals and the indexer's database get a directory per run: the local chain of the run
 * before is gone, and its sequence numbers mean nothing on this one. Receipts are those of this run.
 */
export async function prepareState(state: string): Promise<StatePaths> {
  const runs = join(state, 'runs')
  const run = join(runs, new Date().toISOString().replaceAll(/[:.]/g, '-'))
  const paths = {
    env: join(state, 'env'),
    operatorEnv: join(state, 'operator.env'),
    receipts: join(state, 'receipts'),
    journal: join(run, 'journal'),
    operatorJournal: join(run, 'operator-journal'),
    indexer: join(run, 'indexer'),
  }
  // Written anew when they are true: until then nobody should attach by them.
  for (const stale of [paths.env, paths.operatorEnv, paths.receipts])
    await rm(stale, { recursive: true, force: true })
  for (const directory of [paths.receipts, paths.journal, paths.operatorJournal, paths.indexer])
    await mkdir(directory, { recursive: true, mode: 0o700 })
  const old = (await readdir(runs)).sort().slice(0, -keptRuns)
  for (const name of old) await rm(join(runs, name), { recursive: true, force: true })
  return paths
}

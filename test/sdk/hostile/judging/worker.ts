/** Runs a part of many cases in a process of its own: `node worker.ts world.json`, told what to run by messages. */
import { readFile } from 'node:fs/promises'
import { frozen, type World } from '../world/world.ts'
import { runCases } from './run.ts'
import type { Tally } from './tally.ts'

/** Which cases: every `step`-th number from `first` on, below `end`. */
export type Order = { seed: number; first: number; step: number; end: number }
export type Progress = { kind: 'progress'; cases: number } | { kind: 'done'; tally: Tally }

const world = frozen(JSON.parse(await readFile(process.argv[2] as string, 'utf8')) as World)
const tell = (progress: Progress) => process.send?.(progress)

// Nobody is there any more to tell.
process.once('disconnect', () => process.exit())

process.once('message', ({ seed, first, step, end }: Order) => {
  function* indices() {
    for (let i = first; i < end; i += step) yield i
  }
  void runCases(world, seed, indices(), ({ cases }) => {
    if (cases % 1_000 === 0) tell({ kind: 'progress', cases: 1_000 })
  }).then((tally) => {
    tell({ kind: 'done', tally })
    process.disconnect()
  })
})

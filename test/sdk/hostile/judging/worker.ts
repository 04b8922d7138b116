/** Runs a part of many cases in a process of its own: `node worker.ts world.json`, told what to run by messages. */
import { readFile } from 'node:fs/promises'
import { frozen, type World } from '../world/world.ts'
import { runCases } from './run.ts'
import { isWrong, type Tally } from './tally.ts'

/** Which cases: every `step`-th number from `first` on, below `end`; if so asked for, not beyond the first in which something is wrong. */
export type Order = { seed: number; first: number; step: number; end: number; untilFound?: boolean }
export type Progress = { kind: 'progress'; cases: number } | { kind: 'done'; tally: Tally }

const world = frozen(JSON.parse(await readFile(process.argv[2] as string, 'utf8')) as World)
const tell = (progress: Progress) => process.send?.(progress)

// Nobody is there any more to tell.
process.once('disconnect', () => process.exit())

process.once('message', ({ seed, first, step, end, untilFound = false }: Order) => {
  let isFound = false
  function* indices() {
    for (let i = first; i < end && !(untilFound && isFound); i += step) yield i
  }
  void runCases(world, seed, indices(), ({ cases, findings }) => {
    isFound = findings.some(isWrong)
    if (cases % 1_000 === 0) tell({ kind: 'progress', cases: 1_000 })
  }).then((tally) => {
    // A finding may be megabytes long: what is not sent yet when the channel closes never comes.
    process.send?.({ kind: 'done', tally }, undefined, undefined, () => process.disconnect())
  })
})

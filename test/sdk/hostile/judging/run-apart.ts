import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { World } from '../world/world.ts'
import { emptyTally, sumOf, type Tally } from './tally.ts'
import type { Order, Progress } from './worker.ts'

const program = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Runs many cases in as many processes as the machine has cores, and says now and then how far it is. */
export async function runApart(world: World, seed: number, cases: number): Promise<Tally> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-hostile-'))
  const file = join(directory, 'world.json')
  const step = availableParallelism()
  const start = performance.now()
  let done = 0
  const onProgress = (more: number) => {
    done += more
    if (done % 50_000 !== 0) return
    console.log(`${done} of ${cases}, ${Math.round((performance.now() - start) / 1_000)} s`)
  }
  try {
    await writeFile(file, JSON.stringify(world))
    const parts = Array.from({ length: step }, (_, first) =>
      runPart(file, { seed, first, step, end: cases }, onProgress),
    )
    return (await Promise.all(parts)).reduce(sumOf, emptyTally())
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

function runPart(file: string, order: Order, onProgress: (cases: number) => void): Promise<Tally> {
  const child = fork(program, [file], { serialization: 'advanced' })
  return new Promise((resolve, reject) => {
    let tally: Tally | undefined
    child.on('message', (message: Progress) => {
      if (message.kind === 'done') tally = message.tally
      else onProgress(message.cases)
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      if (tally) resolve(tally)
      else reject(new Error(`A process ended with ${code} and no result.`))
    })
    child.send(order)
  })
}

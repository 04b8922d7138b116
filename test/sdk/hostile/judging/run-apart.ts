import { fork } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BrokenCheck } from '../broken/checks.ts'
import type { World } from '../world/world.ts'
import { emptyTally, isWrong, sumOf, type Tally } from './tally.ts'
import type { Order, Progress } from './worker.ts'

const program = fileURLToPath(new URL('worker.ts', import.meta.url))
const takeOut = new URL('../broken/take-out.ts', import.meta.url).href

/** Runs many cases in as many processes as the machine has cores, and says now and then how far it is. */
export async function runApart(world: World, seed: number, cases: number): Promise<Tally> {
  const step = availableParallelism()
  const start = performance.now()
  let done = 0
  const onProgress = (more: number) => {
    done += more
    if (done % 50_000 !== 0) return
    console.log(`${done} of ${cases}, ${Math.round((performance.now() - start) / 1_000)} s`)
  }
  return withFile(world, async (file) => {
    const parts = Array.from({ length: step }, (_, first) =>
      runPart(file, { seed, first, step, end: cases }, { onProgress }),
    )
    const { findings, ...tally } = (await Promise.all(parts)).reduce(sumOf, emptyTally())
    // What was slow while all cores were busy is taken again, alone.
    const slow = findings.filter((it) => !isWrong(it))
    const again: Tally['findings'] = []
    for (const { index } of slow) {
      const order = { seed, first: index, step: 1, end: index + 1 }
      again.push(...(await runPart(file, order, {})).findings)
    }
    return { ...tally, findings: [...findings.filter(isWrong), ...again] }
  })
}

/**
 * Runs cases of verifiers that each lack a check, until it is found out, in as many processes as the machine has cores.
 *
 * @param cases - How many at most, of each.
 * @returns Those that were not found out, by name.
 */
export async function notFoundOut(
  world: World,
  seed: number,
  cases: number,
  checks: readonly BrokenCheck[],
): Promise<string[]> {
  const left = [...checks]
  const unnoticed: string[] = []
  const next = async (file: string): Promise<void> => {
    const check = left.shift()
    if (!check) return
    const { first, step } = check.cases ?? { first: 0, step: 1 }
    const order = { seed, first, step, end: first + step * cases, untilFound: true }
    const { findings } = await runPart(file, order, { check })
    if (!findings.some(isWrong)) unnoticed.push(check.name)
    return next(file)
  }
  return withFile(world, async (file) => {
    await Promise.all(Array.from({ length: availableParallelism() }, () => next(file)))
    return unnoticed
  })
}

async function withFile<T>(world: World, use: (file: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-hostile-'))
  const file = join(directory, 'world.json')
  try {
    await writeFile(file, JSON.stringify(world))
    return await use(file)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type PartOptions = {
  onProgress?: (cases: number) => void
  /** A check that the verifier is to lack. */
  check?: BrokenCheck
}

function runPart(
  file: string,
  order: Order,
  { onProgress = () => undefined, check }: PartOptions,
): Promise<Tally> {
  const child = fork(program, [file], {
    serialization: 'advanced',
    ...(check && {
      execArgv: [...process.execArgv, '--import', takeOut],
      env: { ...process.env, ASSAY_BROKEN_CHECK: JSON.stringify(check) },
    }),
  })
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

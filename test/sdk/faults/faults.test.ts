import { fork } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startHostileServer } from '../observables/server.ts'
import { faultsOf, type Outcome, randomFrom, someOf } from './each-fault.ts'
import type { Task } from './each-fault-process.ts'
import type { Fault, Passes } from './faults.ts'
import { leaveJournals } from './left-journals.ts'
import { plainRun, run } from './run.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const maxPasses = long ? 5 : 3
/** Faults that a short run tries, of each kind. */
const some = 60
/** What one process tries. */
const most = 100
const timeout = long ? 7_200_000 : 120_000

let left: string
/** What a run passes in which nothing fails. */
let passes: ReadonlyMap<string, Passes>
const results: Record<string, unknown> = {}

beforeAll(async () => {
  // Without a tracer there is nothing that could fail.
  trace.setGlobalTracerProvider(new BasicTracerProvider())
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  // Where a listener's own failures go.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  left = await leaveJournals()
  const server = await startHostileServer()
  const { faults, seen, ...result } = await run(server, left)
  expect(seen).toEqual(await plainRun(server))
  expect(result).toEqual({ ended: true, untold: 0, lost: [] })
  passes = faults.passes
  await server.stop()
})
afterAll(async () => {
  vi.restoreAllMocks()
  trace.disable()
  context.disable()
  await rm(dirname(left), { recursive: true, force: true })
  if (!long || Object.keys(results).length < 2) return
  const command = `ASSAY_TEST_LONG=1 ASSAY_TEST_SEED=${seed} node scripts/test.ts sdk/faults`
  await writeFile(
    new URL('../../../bench/results/recorder-faults.json', import.meta.url),
    `${JSON.stringify({ command, node: process.version, maxPasses, ...results }, null, 2)}\n`,
  )
})

/**
 * Where the application's own work passes through, which fails as it fails without a recorder: a handler, a function that is
 * captured or wrapped, and the runtime's way to follow it.
 */
const applicationsOwn =
  /^(?:recording-fetch\.ts recordingHandler: handler|recorder\.ts capture: value$|(?:new )?node:async_hooks|language-model-middleware\.ts (?!metadata))/

/** An answer waits for its id no longer than this says, so it is the one thing here that has to come back. */
const isClock = ({ site, manner }: Fault) =>
  site.startsWith('language-model-middleware.ts metadata') && manner === 'never comes back'

/** Awaits are named by the file they are in. */
const isAwait = (site: string) => site.includes('.ts ')

/** @throws what the process ended with. */
async function tryInProcess(task: Task): Promise<Outcome> {
  const child = fork(fileURLToPath(new URL('each-fault-process.ts', import.meta.url)))
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`It ended with ${String(code)} before it had said anything.`)
  })
  const told = once(child, 'message').then(([outcome]) => outcome as Outcome)
  child.send(task)
  const outcome = await Promise.race([told, ended])
  await ended.catch(() => undefined)
  return outcome
}

async function tryAll(kind: Task['kind'], sites: (site: string) => boolean): Promise<void> {
  const own = new Map([...passes].filter(([site]) => sites(site) && !applicationsOwn.test(site)))
  const all = faultsOf(own, maxPasses).filter((fault) => !isClock(fault))
  const chosen = long ? all : someOf(all, some, randomFrom(seed))
  const problems: string[] = []
  let happened = 0
  for (let i = 0; i < chosen.length; i += most) {
    const outcome = await tryInProcess({ kind, faults: chosen.slice(i, i + most), left })
    happened += outcome.happened
    problems.push(...outcome.problems)
    if (long) console.log(`${kind}: ${Math.min(i + most, chosen.length)} of ${chosen.length}`)
  }
  expect(problems, `ASSAY_TEST_SEED=${seed}`).toEqual([])
  // Some come after what a failure before them has ended.
  expect(happened).toBeGreaterThan(0.8 * chosen.length)
  results[kind] = { sites: own.size, faults: chosen.length, happened, differing: 0, lost: 0 }
}

test(
  'behavior: each await of the recorder fails: the application sees the same, and nothing acknowledged is lost',
  { timeout },
  async () => {
    expect([...passes.keys()].filter(isAwait).length).toBeGreaterThan(120)
    await tryAll('awaits', isAwait)
  },
)

test(
  'behavior: each call of an adapter or of the runtime fails: the same, and the recorder ends in time',
  { timeout },
  async () => {
    expect([...passes.keys()].filter((site) => !isAwait(site)).length).toBeGreaterThan(50)
    await tryAll('calls', (site) => !isAwait(site))
  },
)

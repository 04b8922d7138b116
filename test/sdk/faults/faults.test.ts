import { rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startHostileServer } from '../observables/server.ts'
import { eachFault, faultsOf, randomFrom, someOf } from './each-fault.ts'
import type { Fault, Passes } from './faults.ts'
import { leaveJournals } from './left-journals.ts'
import { plainRun, type Result, run } from './run.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const maxPasses = long ? 5 : 3
/** Faults that a short run tries. */
const some = 60
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

async function tryAll(name: string, sites: (site: string) => boolean, check: Check): Promise<void> {
  const own = new Map([...passes].filter(([site]) => sites(site) && !applicationsOwn.test(site)))
  const all = faultsOf(own, maxPasses).filter((fault) => !isClock(fault))
  const chosen = long ? all : someOf(all, some, randomFrom(seed))
  const { happened, problems } = await eachFault(chosen, left, check)
  expect(problems, `ASSAY_TEST_SEED=${seed}`).toEqual([])
  // Some come after what a failure before them has ended.
  expect(happened).toBeGreaterThan(0.8 * chosen.length)
  results[name] = { sites: own.size, faults: chosen.length, happened, differing: 0, lost: 0 }
}

type Check = (fault: Fault, result: Result) => string[]

/** Nothing that was acknowledged is lost, and of nothing is nobody told. */
const accounts: Check = (_, { untold, lost }) => [
  ...(untold > 0 ? [`${untold} of which nobody was told`] : []),
  ...(lost.length > 0 ? [`${lost.length} lost`] : []),
]
const ends: Check = (_, { ended }) => (ended ? [] : ['no end'])

test(
  'behavior: each await of the recorder fails: the application sees the same, and nothing acknowledged is lost',
  { timeout },
  async () => {
    expect([...passes.keys()].filter(isAwait).length).toBeGreaterThan(120)
    await tryAll('awaits', isAwait, (fault, result) =>
      // Our own work that stops for ever can say nothing of itself.
      fault.manner === 'never comes back' ? [] : accounts(fault, result),
    )
  },
)

test(
  'behavior: each call of an adapter or of the runtime fails: the same, and the recorder ends in time',
  { timeout },
  async () => {
    expect([...passes.keys()].filter((site) => !isAwait(site)).length).toBeGreaterThan(50)
    await tryAll(
      'calls',
      (site) => !isAwait(site),
      (fault, result) => [...accounts(fault, result), ...ends(fault, result)],
    )
  },
)

import { readFile } from 'node:fs/promises'
import type { InferenceReceipt } from '@assay/sdk'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type HostileVector, textOfVector } from '../../vectors/hostile.ts'
import { makeCase } from '../hostile/cases.ts'
import { type LiveWorld, makeWorld } from '../hostile/world/make-world.ts'
import { frozen } from '../hostile/world/world.ts'
import { findBrowser } from './find-browser.ts'
import { openPage, type VerifyingPage } from './open-page.ts'
import { doWork, type Task, type Work } from './page.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
const hostileReceipts = 600

async function vectors<T>(name: string): Promise<T[]> {
  return JSON.parse(
    await readFile(new URL(`../../vectors/${name}`, import.meta.url), 'utf8'),
  ) as T[]
}

const executable = await findBrowser()
if (!executable && !process.env.CI) {
  console.warn(
    '\n*** NOT TESTED: that a browser gives the same reports. There is no Chromium here: install one, or set CHROMIUM_PATH. ***\n',
  )
}

// In continuous integration a browser that is missing is a failure.
describe.skipIf(!executable && !process.env.CI)('in a browser', () => {
  let live: LiveWorld
  let page: VerifyingPage
  const stops: (() => Promise<void>)[] = []
  beforeAll(async () => {
    if (!executable) return expect.unreachable('There is no Chromium: .ci/run installs it.')
    live = await makeWorld()
    stops.push(() => live.stop())
    frozen(live.world)
    page = await openPage(executable)
    stops.push(() => page.close())
    console.log(`Chromium ${page.version}`)
  }, 180_000)
  afterAll(async () => {
    for (const stop of stops.toReversed()) await stop()
  })

  /** Does some work here and there, and compares. */
  async function sameOutcomes(work: Work) {
    const here = await doWork(work)
    const there = await page.doWork(work)
    expect(there.length).toBe(work.tasks.length)
    for (const [i, outcome] of there.entries()) {
      expect(outcome, JSON.stringify(work.tasks[i]).slice(0, 2_000)).toEqual(here[i])
    }
    return there
  }

  const shares = (outcomes: Awaited<ReturnType<typeof sameOutcomes>>) =>
    new Set(outcomes.map((it) => ('report' in it ? it.report.status : 'refused')))

  test('default: the vectors, with no chain', async () => {
    const receipts = await vectors<InferenceReceipt>('receipts.json')
    const hostile = await vectors<HostileVector>('hostile-receipts.json')
    const inputs = [
      ...receipts.flatMap((it) => [it, JSON.stringify(it)]),
      ...hostile.map((it) => textOfVector(it)),
    ]
    const tasks = inputs.map((input): Task => ({ input, policy: undefined, client: undefined }))
    const outcomes = await sameOutcomes({ tasks, tapes: {} })
    expect(shares(outcomes)).toEqual(new Set(['unknown', 'refuted', 'refused']))
  })

  test('behavior: every honest receipt, with live chains', async () => {
    const { world, rpcUrls } = live
    const tasks = world.policies.flatMap((policy) =>
      world.honest.map(({ receipt }): Task => ({
        input: receipt,
        policy,
        client: rpcUrls[receipt.log.chainId],
      })),
    )
    const outcomes = await sameOutcomes({ tasks, tapes: {} })
    expect(shares(outcomes)).toEqual(new Set(['verified', 'refuted', 'unknown']))
    for (const outcome of outcomes)
      expect('report' in outcome && outcome.report.chain.block).toBeTruthy()
  }, 180_000)

  test('behavior: hostile receipts', async () => {
    const { world } = live
    console.log(`ASSAY_TEST_SEED=${seed}`)
    const tasks: Task[] = []
    for (let index = 0; tasks.length < hostileReceipts; index++) {
      const { input, policy, base } = await makeCase(world, seed, index)
      // What is no JSON can't be handed over to a page.
      if (typeof input !== 'string' || input.length > 100_000) continue
      tasks.push({ input, policy: world.policies[policy], client: base.receipt.log.chainId })
    }
    const outcomes = await sameOutcomes({ tasks, tapes: world.tapes })
    expect(shares(outcomes)).toEqual(new Set(['verified', 'refuted', 'unknown', 'refused']))
  }, 180_000)
})

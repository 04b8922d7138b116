import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchangedParts } from './bundles/cases.ts'
import { linesMutations } from './bundles/mutations.ts'
import { replay } from './chain/replay.ts'
import { makeCase } from './cases.ts'
import { wrongGuesses } from './judging/guesses.ts'
import { brokenChecks } from './broken/checks.ts'
import { notFoundOut, runApart } from './judging/run-apart.ts'
import {
  bytesMutations,
  harmlessMutations,
  harmlessTextMutations,
  liveMutations,
  textMutations,
  valueMutations,
} from './mutations/index.ts'
import { type LiveWorld, makeWorld } from './world/make-world.ts'
import { frozen, type World } from './world/world.ts'
import { verifyReceipt } from '@assay/sdk/verify'

const long = process.env.ASSAY_TEST_LONG === '1'
const cases = Number(process.env.ASSAY_TEST_OPERATIONS ?? (long ? 1_000_000 : 20_000))
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
/** Where to write the result, from the root of the repository. */
const resultFile = process.env.ASSAY_TEST_RESULT

let live: LiveWorld
let world: World
beforeAll(async () => {
  live = await makeWorld()
  world = frozen(live.world)
}, 120_000)
afterAll(() => live.stop())

describe('hostile receipts', () => {
  test('default: the honest ones that they are made of are verified, refuted and unknown, as the real chains say', async () => {
    expect(world.honest.length).toBeGreaterThan(80)
    const counts = new Set(world.honest.flatMap(({ receipt }) => receipt.batch.count))
    for (const count of ['1', '2', '3', '8', '70', '1000']) expect(counts).toContain(count)
    const lengths = new Set(world.honest.map(({ receipt }) => receipt.messages?.leafHashes.length))
    expect(lengths).toEqual(new Set([undefined, 1, 2, 3, 17]))
    for (const [i, policy] of world.policies.entries()) {
      for (const { receipt, status } of world.honest) {
        const tape = world.tapes[receipt.log.chainId]
        const { client } = replay(tape!)
        expect((await verifyReceipt(receipt, { policy, client })).status).toBe(status[i])
      }
      const found = new Set(world.honest.map(({ status }) => status[i]))
      expect(found).toEqual(new Set(['verified', 'refuted', 'unknown']))
    }
  })

  test('behavior: a seed and a number give the same receipt each time', async () => {
    for (let index = 0; index < 200; index++) {
      const [a, b] = [await makeCase(world, seed, index), await makeCase(world, seed, index)]
      expect(a.mutations).toEqual(b.mutations)
      if (typeof a.input === 'string') expect(a.input).toBe(b.input)
    }
  })

  test(
    'behavior: none is verified that should not be, none crashes, none takes long',
    async () => {
      console.log(`ASSAY_TEST_SEED=${seed}, ${cases} hostile receipts`)
      const started = performance.now()
      const { findings, guesses, ...tally } = await runApart(world, seed, cases)
      const seconds = Math.round((performance.now() - started) / 1_000)
      if (resultFile) {
        const shown = findings.map((it) => ({ ...it, input: it.input.slice(0, 2_000) }))
        const result = { command: commandOf(), node: process.version, seed, seconds, ...tally }
        await writeFile(resultFile, `${JSON.stringify({ ...result, findings: shown }, null, 2)}\n`)
      }
      expect(findings.slice(0, 5), `${findings.length} findings`).toEqual([])
      expect(tally.cases).toBe(cases)
      // What the chains were taken to answer is what they answer.
      for (const [chainId, some] of Object.entries(guesses)) {
        expect(some.length).toBeGreaterThan(0)
        expect(await wrongGuesses(live.rpcUrls[chainId]!, some.slice(0, 500))).toEqual([])
      }
      // Each kind had its part, and enough got past the reading for the rest to be tried.
      const kinds = Object.assign(
        {},
        ...[valueMutations, textMutations, bytesMutations, liveMutations],
        ...[harmlessMutations, harmlessTextMutations, linesMutations],
        ...[exchangedParts, { bundle: true, equivocation: true }],
      ) as object
      expect(Object.keys(tally.mutations).toSorted()).toEqual(Object.keys(kinds).toSorted())
      for (const [outcome, share] of Object.entries({
        refuted: 0.2,
        unknown: 0.05,
        verified: 0.03,
      })) {
        expect(tally.outcomes[outcome], outcome).toBeGreaterThan(share * cases)
      }
    },
    long ? 4 * 3_600_000 : 240_000,
  )

  test('behavior: a verifier that lacks a check is found out, whichever it is', async () => {
    expect(await notFoundOut(world, seed, 10_000, brokenChecks)).toEqual([])
  }, 120_000)
})

function commandOf(): string {
  const variables = [
    ...(long ? ['ASSAY_TEST_LONG=1'] : []),
    `ASSAY_TEST_SEED=${seed}`,
    `ASSAY_TEST_RESULT=${String(resultFile)}`,
  ]
  return `${variables.join(' ')} node scripts/test.ts sdk/hostile/hostile`
}

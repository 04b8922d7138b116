import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type ContractName,
  type SimulatedChain,
  startSimulatedChain,
} from './support/simulated-chain.ts'
import { emptyState } from './support/contract-state.ts'
import { Refused } from './support/contracts-model.ts'
import type { World } from './support/operations.ts'
import { applyEvents } from './support/state-from-events.ts'
import { stateFromReads } from './support/state-from-reads.ts'
import { createOperations, createWorld } from './support/world.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const operations = Number(process.env.ASSAY_TEST_OPERATIONS ?? (long ? 10_000 : 500))
const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
/** Where to write the result of the long run, from the root of the repository. */
const resultFile = process.env.ASSAY_TEST_RESULT
const compareEvery = long ? 1_000 : 100

/** Errors in the ABIs that no sequence of calls of this length can meet. */
const unreachable = [
  // Of the constructors' names for EIP-712, which are constants.
  'InvalidShortString',
  'StringTooLong',
  // After 2^32 calls of skip.
  'InferenceLog_SequenceOverflow',
]

let chain: SimulatedChain
beforeAll(async () => {
  chain = await startSimulatedChain()
})
afterAll(() => chain.close())

test('behavior: whatever is called, the contracts do what the model does', async () => {
  console.log(`ASSAY_TEST_SEED=${seed}, ${operations} operations`)
  const started = performance.now()
  const world = await createWorld(chain, seed)
  const { model, named, random } = world
  const next = createOperations(world)
  const fromEvents = emptyState()
  const counts: Record<string, Record<string, number>> = {}
  let seenBlock = 0n

  async function compareStates() {
    const { verdicts, ...readable } = model.state
    const { verdicts: _, ...read } = await stateFromReads(chain, named)
    expect(plain(read), `seed ${seed}, read`).toEqual(plain(readable))
    for (const id of named.environments) {
      for (const time of timesOf(id as `0x${string}`, world)) {
        const actual = await chain.read('EnvironmentRegistry', 'validAt', id, time)
        expect([id, time, actual]).toEqual([id, time, model.validAt(id as `0x${string}`, time)])
      }
    }
    for (const { address } of world.accounts) {
      for (const contract of Object.keys(chain.contracts) as ContractName[]) {
        const nonce = await chain.read<bigint>(contract, 'nonces', address)
        expect(nonce).toBe(model.nonces.get(`${contract}/${address}`) ?? 0n)
      }
    }
    const block = await chain.client.getBlockNumber()
    await applyEvents(chain, fromEvents, seenBlock + 1n, block)
    seenBlock = block
    expect(plain(fromEvents), `seed ${seed}, events`).toEqual(plain({ ...readable, verdicts }))
  }

  for (let i = 0; i < operations; i++) {
    model.now += random.chance(0.02) ? random.below(400_000) : 1 + random.below(60)
    const { call, variant, apply } = await next()
    const expected = outcomeOf(apply)
    const actual = await chain.send(call, model.now)
    expect(actual, `seed ${seed}, operation ${i}: ${call.functionName} (${variant})`).toEqual(
      expected,
    )
    for (const outcome of 'error' in actual ? [actual.error] : ['succeeded', ...rejected(actual)]) {
      const of = (counts[`${call.contract}.${call.functionName}`] ??= {})
      of[outcome] = (of[outcome] ?? 0) + 1
    }
    if ((i + 1) % compareEvery === 0) await compareStates()
  }
  await compareStates()

  const succeeded = Object.values(counts).reduce((sum, it) => sum + (it.succeeded ?? 0), 0)
  expect(succeeded).toBeGreaterThan(operations / 3)
  const seconds = Math.round((performance.now() - started) / 1000)
  console.log(`${succeeded} succeeded; ${seconds} s`)
  // In a short run chance may leave a rare one out.
  if (!long) return
  const functions = Object.values(chain.contracts).flatMap(({ abi }) =>
    abi.filter((it) => it.type === 'function' && it.stateMutability === 'nonpayable'),
  )
  expect(Object.keys(counts)).toHaveLength(functions.length)
  expect(errorsNotIn(counts)).toEqual([])
  if (resultFile) await writeResult(resultFile, { seed, operations, succeeded, seconds, counts })
})

function outcomeOf(apply: () => string[]) {
  try {
    return { events: apply() }
  } catch (error) {
    if (error instanceof Refused) return { error: error.message }
    throw error
  }
}

/** Maps as objects: a difference is shown by its key, not by its place. */
const plain = (state: Record<string, Map<string, unknown>>) =>
  Object.fromEntries(Object.entries(state).map(([name, it]) => [name, Object.fromEntries(it)]))

const rejected = ({ events }: { events: string[] }) =>
  events.filter((event) => event.startsWith('BatchRejected'))

/** The times around which validAt may change, and two others. */
function timesOf(id: `0x${string}`, { model, random }: World): number[] {
  const it = model.state.environments.get(id)
  if (!it) return [model.now]
  const edges = [it.registeredAt, it.validUntil, it.revokedAt, it.compromisedSince]
  const around = edges.flatMap((time) => [time - 1, time, time + 1]).filter((time) => time >= 0)
  return [...around, model.now, random.below(2 ** 48), model.now - random.below(100_000)]
}

/** The interfaces' errors that no operation has met. */
function errorsNotIn(counts: Record<string, Record<string, number>>): string[] {
  const names = Object.values(counts).flatMap((it) => Object.keys(it))
  const met = new Set(names.map((name) => name.replace('BatchRejected ', '')))
  const all = Object.values(chain.contracts).flatMap(({ abi }) =>
    abi.flatMap((it) => (it.type === 'error' ? [it.name] : [])),
  )
  return all.filter((name) => !met.has(name) && !unreachable.includes(name))
}

type Result = {
  seed: number
  operations: number
  succeeded: number
  seconds: number
  counts: Record<string, Record<string, number>>
}

async function writeResult(path: string, { counts, ...result }: Result): Promise<void> {
  const command = `ASSAY_TEST_LONG=1 ASSAY_TEST_SEED=${seed} ASSAY_TEST_RESULT=${path} node scripts/test.ts contracts/differential`
  const sorted = <T>(it: Record<string, T>) =>
    Object.entries(it).sort(([a], [b]) => (a < b ? -1 : 1))
  const outcomes = sorted(counts).map(([name, of]) => [name, Object.fromEntries(sorted(of))])
  const text = JSON.stringify({ command, ...result, counts: Object.fromEntries(outcomes) }, null, 2)
  await writeFile(new URL(`../../${path}`, import.meta.url), `${text}\n`)
}

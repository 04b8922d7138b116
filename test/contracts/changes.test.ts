import { buildBatch, inferencesOf, logIdOf } from '@assay/sdk/formats'
import { type Hex, numberToHex, size, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  bitFlips,
  byteChanges,
  proofsOfOtherForm,
  signaturesOfOtherForm,
} from './support/changes.ts'
import { Refused } from './support/contracts-model.ts'
import type { Operation } from './support/operations.ts'
import { createRandom } from './support/random.ts'
import { type SimulatedChain, startSimulatedChain } from './support/simulated-chain.ts'
import { createOperations, createWorld } from './support/world.ts'

const seed = Number(process.env.ASSAY_TEST_SEED ?? Math.floor(Math.random() * 2 ** 32))
let chain: SimulatedChain
beforeAll(async () => {
  console.log(`ASSAY_TEST_SEED=${seed}`)
  chain = await startSimulatedChain()
})
afterAll(() => chain.close())

const outcomeOf = ({ call: { from, contract, functionName } }: Operation, args: unknown[]) =>
  chain.simulate(from, contract, functionName, args).then(
    () => 'accepted',
    (error: unknown) => (error as { errorName: string }).errorName,
  )

// The contracts take r, s, v of 65 bytes with a low s and v of 27 or 28 from a key, and no other form.
test('error: any byte, bit, length or form of a signature, for each function that takes one', async () => {
  const world = await createWorld(chain, seed)
  const { model, random } = world
  const next = createOperations(world)
  const functions = Object.entries(chain.contracts).flatMap(([contract, { abi }]) =>
    abi.flatMap((it) =>
      it.type === 'function' && it.name.endsWith('BySig') ? [`${contract}.${it.name}`] : [],
    ),
  )
  const left = new Set(functions)
  while (left.size > 0) {
    model.now += 1 + random.below(60)
    const operation = await next()
    const { call, apply } = operation
    const name = `${call.contract}.${call.functionName}`
    if (succeeds(apply) && left.has(name)) {
      const args = call.args.slice(0, -1)
      const signature = call.args.at(-1) as Hex
      const outcome = await outcomeOf(operation, [...args, signature])
      // A call sees the time of the last block, to which this second is the future.
      if (outcome.endsWith('_CompromiseInTheFuture')) {
        await chain.send(call, model.now)
        continue
      }
      expect(outcome, name).toBe('accepted')
      const changed = [
        ...byteChanges(signature, random),
        ...signaturesOfOtherForm(signature, random),
        // All bits of one, since they take a while.
        ...(left.size === functions.length ? bitFlips(signature) : []),
      ]
      for (const bad of changed) {
        expect(await outcomeOf(operation, [...args, bad]), `seed ${seed}, ${name} ${bad}`).toBe(
          `${call.contract}_InvalidSignature`,
        )
      }
      left.delete(name)
    }
    await chain.send(call, model.now)
  }
})

/** Whether something happens. */
function succeeds(apply: () => string[]): boolean {
  try {
    return apply().length > 0
  } catch (error) {
    if (error instanceof Refused) return false
    throw error
  }
}

describe('what is settled', () => {
  const random = createRandom(seed)
  const owner = privateKeyToAccount(random.hex(32)).address
  const key = { owner, sessionKey: random.hex(20), instance: random.hex(32) }
  const logIdOfKey = () =>
    logIdOf({ ...key, chainId: 31_337, inferenceLog: chain.contracts.InferenceLog.address })
  const records = (count: number) =>
    Array.from({ length: count }, () => ({
      modelId: random.hex(32),
      environmentId: random.hex(32),
      commitment: random.hex(32),
      servedAt: BigInt(random.below(2 ** 48)),
    }))
  const settle = (first: bigint, count: number, root: Hex, data: Hex) =>
    chain.simulate<boolean>(owner, 'InferenceLog', 'settleInline', [key, first, count, root, data])

  test('error: any byte, bit or field of an inference, a root or a proof, and any other length of it', async () => {
    const logId = logIdOfKey()
    await chain.fund(owner)
    const call = { contract: 'InferenceLog', from: owner, gas: 16_000_000 } as const
    const time = Number((await chain.client.getBlock()).timestamp)
    await chain.send({ ...call, functionName: 'skip', args: [key, 0n, 3] }, time + 1)
    const seven = records(7)
    const built = buildBatch(logId, 3n, seven, 'inline')
    await chain.send(
      {
        ...{ ...call, functionName: 'settleInline' },
        args: [key, 3n, 7, built.root, toHex(built.data)],
      },
      time + 2,
    )
    const included = (inference: object, root: Hex, proof: readonly Hex[]) =>
      chain.read<boolean>('InferenceLog', 'isIncluded', inference, root, proof)

    for (const [i, inference] of inferencesOf(logId, 3n, seven).entries()) {
      const proof = built.tree.proof(i).map((hash) => toHex(hash))
      // All bits of one, all bytes of the others.
      const changes = (hex: Hex) => (i === 3 ? bitFlips(hex) : byteChanges(hex, random))
      const refused = async (...args: Parameters<typeof included>) =>
        expect(await included(...args), `seed ${seed}, inference ${i}`).toBe(false)
      expect(await included(inference, built.root, proof)).toBe(true)
      for (const [name, value] of Object.entries(inference)) {
        const hex = typeof value === 'bigint' ? numberToHex(value, { size: 8 }) : value
        for (const bad of changes(hex)) {
          const other = typeof value === 'bigint' ? BigInt(bad) : bad
          await refused({ ...inference, [name]: other }, built.root, proof)
        }
      }
      for (const bad of changes(built.root)) await refused(inference, bad, proof)
      for (const [j, hash] of proof.entries()) {
        for (const bad of changes(hash)) await refused(inference, built.root, proof.with(j, bad))
      }
      for (const bad of proofsOfOtherForm(proof, random)) {
        await refused(inference, built.root, bad)
      }
    }
  })

  test('error: any bit and any length of batch data', async () => {
    // A log that nobody has begun.
    key.instance = random.hex(32)
    const logId = logIdOfKey()
    for (const count of [1, 2]) {
      const { root, data } = buildBatch(logId, 0n, records(count), 'inline')
      const hex = toHex(data)
      expect(await settle(0n, count, root, hex)).toBe(true)
      const lengths = Array.from({ length: size(hex) }, (_, i) => hex.slice(0, 2 + 2 * i) as Hex)
      const longer: Hex[] = [`${hex}00`, `${hex}${hex.slice(2)}`, `${hex}${hex.slice(-84)}`]
      for (const bad of [...bitFlips(hex), ...lengths, ...longer]) {
        await expect(settle(0n, count, root, bad), bad).rejects.toMatchObject({
          errorName: expect.stringMatching(/^InferenceLog_(Root|Count)Mismatch$|^BatchData_/),
        })
      }
    }
  })
})

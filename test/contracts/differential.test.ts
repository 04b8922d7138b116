/**
 * Random operations against a model of what the interfaces promise: the same outcomes, the same state, and events from which the
 * same state can be rebuilt. `ASSAY_TEST_SEED` repeats a run.
 */
import * as abis from '@assay/sdk/abi'
import { writeFile } from 'node:fs/promises'
import {
  type Abi,
  decodeErrorResult,
  encodeFunctionData,
  type Hex,
  keccak256,
  parseEventLogs,
  BaseError as ViemError,
} from 'viem'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type LocalChain, startChain } from '../indexer/support/chain.ts'
import { ContractsModel, type SettlementState } from './support/contracts-model.ts'
import { accounts, type ContractKey, type Operation, operations } from './support/operations.ts'
import { randomFrom } from './support/random.ts'

const long = process.env.ASSAY_TEST_LONG === '1'
const count = long ? 10_000 : 500
const seed = Number(process.env.ASSAY_TEST_SEED ?? Date.now() % 2 ** 31)
const abiOf: Record<ContractKey, Abi> = {
  modelRegistry: abis.modelRegistryAbi,
  environmentRegistry: abis.environmentRegistryAbi,
  inferenceLog: abis.inferenceLogAbi,
  verdictRegistry: abis.verdictRegistryAbi,
}

let chain: LocalChain
beforeAll(async () => {
  chain = await startChain()
})
afterAll(() => chain.stop())

const transactions = new Map<string, number>()

/** Sends an operation, come what may. @returns The name of the error, or undefined and the logs. */
async function send({ contract, functionName, args, sender }: Operation) {
  const nonce = transactions.get(sender.address) ?? (await countOf(sender.address))
  transactions.set(sender.address, nonce + 1)
  const serializedTransaction = await sender.signTransaction({
    chainId: chain.chainId,
    to: chain.addresses[contract],
    data: encodeFunctionData({ abi: abiOf[contract], functionName, args }),
    nonce,
    gas: 8_000_000n,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 1n,
    type: 'eip1559',
  })
  try {
    await chain.client.sendRawTransaction({ serializedTransaction })
  } catch (error) {
    const data = revertDataOf(error)
    return { error: decodeErrorResult({ abi: abiOf[contract], data }).errorName, logs: [] }
  }
  const hash = keccak256(serializedTransaction)
  const { logs } = await chain.client.getTransactionReceipt({ hash })
  return { error: undefined, logs: parseEventLogs({ abi: abiOf[contract], logs }) }
}

const countOf = (address: Hex) => chain.client.getTransactionCount({ address })

/** The chain answers with the reason at once, and has mined the transaction all the same. */
function revertDataOf(error: unknown): Hex {
  let data: unknown
  if (error instanceof ViemError)
    error.walk((e) => ((data ??= (e as { data?: unknown }).data), false))
  const hex = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data
  if (typeof hex !== 'string') throw error
  return hex as Hex
}

const read = (contract: ContractKey, functionName: string, args: unknown[]): Promise<unknown> =>
  chain.client.readContract({
    address: chain.addresses[contract],
    abi: abiOf[contract],
    functionName,
    args,
  })

/** Reads everything that the model knows from the contracts. */
async function compareState(model: ContractsModel): Promise<void> {
  for (const [path, key] of model.sessionKeys) {
    expect(await read('inferenceLog', 'sessionKeyOf', path.split(' ')), path).toEqual(key)
  }
  for (const [logId, head] of model.heads) {
    expect(await read('inferenceLog', 'heads', [logId]), logId).toBe(head)
  }
  for (const [path, settlement] of model.settlements) {
    expect(await read('inferenceLog', 'settlementOf', path.split(' ')), path).toEqual(settlement)
  }
  const byDigest = new Map<string, string[]>()
  for (const [id, { publisher, publishedAt, retiredAt, digest }] of model.models) {
    byDigest.set(digest, [...(byDigest.get(digest) ?? []), id])
    const expected = { publishedAt, retiredAt, manifestDigest: digest }
    const actual = (await read('modelRegistry', 'modelOf', [id])) as { publisher: Hex }
    expect(actual, id).toMatchObject(expected)
    expect(actual.publisher.toLowerCase()).toBe(publisher)
  }
  for (const [digest, ids] of byDigest) {
    expect(await read('modelRegistry', 'modelsOf', [digest, 0n, 1_000n])).toEqual(ids)
  }
  for (const [path, id] of model.versions) {
    const space = path.indexOf(' ')
    const [name, version] = JSON.parse(path.slice(space)) as [string, string]
    const args = [path.slice(0, space), name, version]
    expect(await read('modelRegistry', 'versionOf', args), path).toBe(id)
  }
  for (const [id, { registrant, ...expected }] of model.environments) {
    const actual = (await read('environmentRegistry', 'environmentOf', [id])) as { registrant: Hex }
    expect(actual, id).toMatchObject(expected)
    expect(actual.registrant.toLowerCase()).toBe(registrant)
    const { registeredAt, validUntil, revokedAt, compromisedSince } = expected
    const times = [registeredAt, validUntil, revokedAt, compromisedSince].flatMap((t) => [
      t - 1,
      t,
      t + 1,
    ])
    for (const time of new Set(times.filter((t) => t >= 0))) {
      const valid = await read('environmentRegistry', 'validAt', [id, time])
      expect(valid, `${id} at ${time}`).toBe(model.validAt(id, time))
    }
  }
  for (const account of accounts) {
    for (const contract of Object.keys(abiOf) as ContractKey[]) {
      const name = `${contract[0]?.toUpperCase()}${contract.slice(1)}`
      const nonce = model.nonces.get(`${name} ${account.address.toLowerCase()}`) ?? 0n
      expect(await read(contract, 'nonces', [account.address])).toBe(nonce)
    }
  }
}

/** Applies what a block's events say to a model that has seen nothing else. */
function rebuild(model: ContractsModel, events: readonly { eventName: string; args: unknown }[]) {
  for (const { eventName, args } of events) {
    const a = args as Record<string, unknown>
    const text = (name: string) => String(a[name]).toLowerCase()
    const [key, id] = [`${text('owner')} ${text('sessionKey')}`, text('environmentId')]
    const none = {
      authorizedAt: 0,
      expiresAt: 0,
      revokedAt: 0,
      compromisedSince: 0,
      compromiseReportedAt: 0,
    }
    const setKey = (change: object) =>
      model.sessionKeys.set(key, { ...(model.sessionKeys.get(key) ?? none), ...change })
    const setEnvironment = (change: object) =>
      model.environments.set(id, { ...model.environments.get(id), ...change } as never)
    const advance = () =>
      model.heads.set(text('logId'), (a['first'] as bigint) + BigInt(a['count'] as number))
    const settle = (mode: number) => {
      const { first, count, signedByKey } = a
      const settlement = { first, count, settledAt: BigInt(model.time), mode, signedByKey }
      model.settlements.set(`${text('logId')} ${text('root')}`, settlement as SettlementState)
      advance()
    }
    const apply: Record<string, () => unknown> = {
      SessionKeyAuthorized: () =>
        setKey({
          authorizedAt: model.sessionKeys.get(key)?.authorizedAt || model.time,
          expiresAt: a['expiresAt'],
        }),
      SessionKeyRevoked: () => setKey({ revokedAt: model.time }),
      SessionKeyCompromised: () =>
        setKey({ compromisedSince: a['since'], compromiseReportedAt: model.time }),
      BatchSettledInline: () => settle(0),
      BatchSettledExternal: () => settle(1),
      InferencesSkipped: advance,
      ModelPublished: () => {
        const publisher = text('publisher')
        const digest = text('manifestDigest')
        const version = `${publisher} ${JSON.stringify([a['name'], a['version']])}`
        model.versions.set(version, text('modelId'))
        const model_ = { publisher, publishedAt: model.time, retiredAt: 0, digest }
        model.models.set(text('modelId'), model_)
      },
      ModelRetired: () =>
        model.models.set(text('modelId'), {
          ...model.models.get(text('modelId')),
          retiredAt: model.time,
        } as never),
      EnvironmentRegistered: () =>
        setEnvironment({
          registrant: text('registrant'),
          registeredAt: model.time,
          validUntil: a['validUntil'],
          revokedAt: 0,
          compromisedSince: 0,
          compromiseReportedAt: 0,
        }),
      EnvironmentRevoked: () => setEnvironment({ revokedAt: model.time }),
      EnvironmentCompromised: () =>
        setEnvironment({ compromisedSince: a['since'], compromiseReportedAt: model.time }),
    }
    apply[eventName]?.()
  }
}

test(`${count} random operations, seed ${seed}`, { timeout: 1_800_000 }, async () => {
  const started = Date.now()
  const random = randomFrom(seed)
  const [model, rebuilt] = [new ContractsModel(), new ContractsModel()]
  const next = operations(chain, model, random)
  const outcomes: Record<string, number> = {}
  model.time = Number((await chain.client.getBlock()).timestamp)
  for (let i = 0; i < count; i++) {
    model.time += 1 + (random.once(40) ? random.below(5_000) : random.below(3))
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(model.time) })
    const operation = await next()
    const what = `seed ${seed}, operation ${i}: ${operation.functionName}`
    const { error, logs } = await send(operation)
    if (error === undefined) expect(operation.expected, what).toEqual([])
    else expect(operation.expected, what).toContain(error)
    if (operation.rejected) {
      const rejected = logs.filter(({ eventName }) => eventName === 'BatchRejected')
      const positions = rejected.map(({ args }) =>
        Number((args as unknown as { position: bigint }).position),
      )
      expect(positions, what).toEqual(operation.rejected)
    }
    rebuilt.time = model.time
    rebuild(rebuilt, logs as never)
    const outcome = error ?? 'passed'
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    if (i % (count / 5) === 0) await compareState(model)
  }
  await compareState(model)
  for (const part of [
    'sessionKeys',
    'heads',
    'settlements',
    'models',
    'versions',
    'environments',
  ] as const) {
    expect(rebuilt[part], `${part} rebuilt from the events`).toEqual(model[part])
  }
  expect(outcomes['passed']).toBeGreaterThan(count / 3)
  if (long) await report(outcomes, (Date.now() - started) / 1000)
})

/** Errors that no random operation meets; each has tests of its own. */
const unreachable = [
  ...['BatchData_Empty', 'BatchData_IndexOutOfRange', 'BatchData_UnknownVersion'],
  ...['InferenceLog_InsufficientGas', 'InferenceLog_SequenceOverflow'],
  ...['EnvironmentRegistry_NotVouchedFor', 'InvalidShortString', 'StringTooLong'],
]

async function report(outcomes: Record<string, number>, seconds: number) {
  const names = Object.values(abiOf).flatMap((abi) =>
    abi.flatMap((item) => (item.type === 'error' ? [item.name] : [])),
  )
  const missing = [...new Set(names)].filter((n) => !(n in outcomes) && !unreachable.includes(n))
  expect(missing, 'errors that were not met').toEqual([])
  const result = {
    command: 'ASSAY_TEST_LONG=1 node scripts/test.ts contracts/differential',
    seed,
    operations: count,
    outcomes,
    seconds,
  }
  const file = new URL('../../bench/results/contracts-differential.json', import.meta.url)
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`)
}

import {
  createIndexerClient,
  getIndexedRows,
  getStats,
  type IndexerClient,
  registerEnvironment,
} from '@assay/sdk'
import { type BatchRecord, buildBatch, logIdOf, namedModelIdOf } from '@assay/sdk/formats'
import { createWalletClient, type Hex, http, stringToHex, toHex, zeroHash } from 'viem'
import type { LocalAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RunningIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { accountOf, type LocalChain, startChain } from './support/chain.ts'
import { startEmbedded } from './support/start-embedded.ts'

const far = 4_102_444_800
/** Monday, 4 January 2027, 0 h UTC. */
const monday = Date.UTC(2027, 0, 4) / 1_000
const hour = 3_600
const day = 24 * hour
const week = 7 * day
const [early, late, lost] = [accountOf(1), accountOf(2), accountOf(5)]
/** An environment's own key, and one that nothing is known of. */
const [enclave, plain] = [accountOf(3), accountOf(4)]
const named = namedModelIdOf('https://x', 'a model')

let chain: LocalChain
let indexer: RunningIndexer
let client: IndexerClient
let environmentId: Hex
let sent = 0

/** A batch at a time, of inferences that declare to be served so many milliseconds before. */
async function settle(
  owner: LocalAccount,
  sessionKey: LocalAccount,
  time: number,
  delays: readonly number[],
  other: { by?: LocalAccount; uri?: string } & Partial<
    Pick<BatchRecord, 'modelId' | 'environmentId'>
  > = {},
) {
  const { by = sessionKey, uri, ...record } = other
  const log = {
    ...{ owner: owner.address, sessionKey: sessionKey.address },
    instance: toHex(++sent, { size: 32 }),
  }
  const { chainId, addresses } = chain
  const logId = logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog })
  const records = delays.map((delay, i): BatchRecord => ({
    ...{ modelId: zeroHash, environmentId: zeroHash, commitment: toHex(i, { size: 32 }) },
    ...record,
    servedAt: BigInt(1_000 * time - delay),
  }))
  const count = records.length
  const { root, data, dataDigest } = buildBatch(logId, 0n, records, uri ? 'external' : 'inline')
  await chain.client.setNextBlockTimestamp({ timestamp: BigInt(time) })
  const { write } = chain.as(by).log
  const hash = uri
    ? await write.settleExternal([log, 0n, count, root, dataDigest, stringToHex(uri)])
    : await write.settleInline([log, 0n, count, root, toHex(data)])
  await chain.mined(hash)
}

beforeAll(async () => {
  chain = await startChain({ initialDate: new Date(1_000 * monday - 60_000) })
  const { rpcUrl, addresses } = chain
  const wallet = createWalletClient({
    ...{ account: late, transport: http(rpcUrl) },
    chain: { ...hardhat, id: chain.chainId },
  })
  const registered = await registerEnvironment(wallet, {
    ...{ kind: 'tdx', measurement: toHex(8n, { size: 32 }), attestationDigest: zeroHash },
    ...{ keyType: 'secp256k1', key: enclave.publicKey, validUntil: far },
    environmentRegistry: addresses.environmentRegistry,
    proveKey: (typedData) => enclave.signTypedData(typedData),
  })
  await chain.mined(registered.transactionHash)
  environmentId = registered.environmentId
  await chain.mined(await chain.as(early).log.write.authorize([plain.address, far]))
  await chain.mined(await chain.as(late).log.write.authorize([enclave.address, far]))
  // The first week: one owner, two days.
  await settle(early, plain, monday + hour, [500, 5_000, 5_000], { modelId: named })
  await settle(early, plain, monday + 2 * hour, [59_999, 60_000])
  await settle(early, plain, monday + day + hour, [10 * day * 1_000])
  // The second: both; one batch by the environment's own key, one that names it, one by the owner, one whose data nobody has.
  await settle(early, plain, monday + week, [0], { environmentId })
  await settle(late, enclave, monday + week + hour, [1, 2], { environmentId })
  await settle(late, lost, monday + week + 2 * hour, [3_600_000], { by: late })
  await settle(late, enclave, monday + week + 3 * hour, [1, 1, 1, 1], { uri: 'ftp://x' })
  // The fourth: the later one alone.
  await settle(late, enclave, monday + 3 * week + day, [-1_000])
  const [port] = (await freePorts(1)) as [number]
  const { chainId, wsUrl } = chain
  indexer = await startEmbedded({ chainId, rpcUrl, wsUrl, port, ...addresses })
  client = createIndexerClient({ url: indexer.graphqlUrl })
  await indexer.waitForBlock(await chain.client.getBlockNumber())
  // What became of external data is written with a block.
  for (;;) {
    const [stats] = (await getStats(client)).values()
    if (stats?.total.pending === 0n) break
    await chain.client.mine({ blocks: 1 })
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
}, 120_000)
afterAll(async () => {
  await indexer.stop()
  await chain.stop()
})

test('default: what was recorded, for how many confirmations, and what of it is proven', async () => {
  const stats = (await getStats(client)).get(chain.chainId)!
  // Two authorizations, and a batch that an owner settled in the place of its key.
  expect(stats.total).toEqual({
    ...{ inferences: 15n, available: 11n, pending: 0n, unavailable: 4n, invalid: 0n },
    ...{ settlements: 8n, owners: 2n, confirmations: 3n, inferencesPerConfirmation: 5 },
  })
  expect(stats.proven).toEqual({
    signedByKey: 14 / 15,
    byEnvironmentKey: 2 / 11,
    namesEnvironment: 3 / 11,
    namesModel: 3 / 11,
  })
  // -1 s, 0, 1, 2 and 500 ms; twice 5 s; just under and just over a minute; an hour; ten days.
  expect(stats.declaredToSettled).toEqual({
    ...{ source: 'declared', inferences: 11n, p50: 10_000, p90: 86_400_000, p99: 'longer' },
  })
})

test('behavior: who was active when, and who stayed', async () => {
  const { weeks, cohorts, days } = (await getStats(client)).get(chain.chainId)!
  expect(weeks).toEqual([
    { start: BigInt(monday), activeOwners: 1n, newOwners: 1n },
    { start: BigInt(monday + week), activeOwners: 2n, newOwners: 1n },
    { start: BigInt(monday + 3 * week), activeOwners: 1n, newOwners: 0n },
  ])
  expect(cohorts).toEqual([
    { firstWeek: BigInt(monday), owners: 1n, active: [1n, 1n, 0n, 0n] },
    { firstWeek: BigInt(monday + week), owners: 1n, active: [1n, 0n, 1n] },
  ])
  const active = days.map(({ start, ...it }) => [
    Number(start) - monday,
    it.activeOwners,
    it.newOwners,
  ])
  expect(active).toEqual([
    // Before the first batch only keys were authorized.
    [-day, 0n, 0n],
    [0, 1n, 1n],
    [day, 1n, 0n],
    [week, 2n, 1n],
    [3 * week + day, 1n, 0n],
  ])
  expect(days[0]).toMatchObject({ confirmations: 2n, settlements: 0n })
  expect(days[1]).toMatchObject({ inferences: 5n, within1s: 1n, within10s: 2n, within1m: 1n })
  expect(days[3]).toMatchObject({ inferences: 8n, available: 4n, signedByKey: 7n })
})

test('behavior: a shorter time, and one chain', async () => {
  const stats = await getStats(client, { chainId: chain.chainId, days: 1, weeks: 1 })
  const { days, weeks, cohorts, total, declaredToSettled } = stats.get(chain.chainId)!
  expect([days.length, weeks.length, cohorts.length]).toEqual([1, 1, 0])
  expect(total.inferences).toBe(15n)
  expect(declaredToSettled).toMatchObject({ inferences: 1n, p50: 1_000 })
  expect(await getStats(client, { chainId: 1 })).toEqual(new Map())
})

test('behavior: the same by GraphQL', async () => {
  const chains = await getIndexedRows(client, 'chain')
  expect(chains.items).toMatchObject([{ inferences: 15n, confirmations: 3n, owners: 2n }])
  const cohorts = await getIndexedRows(client, 'cohort')
  expect(cohorts.items.map(({ start }) => Number(start) - monday)).toEqual([
    0,
    week,
    week,
    3 * week,
  ])
  const owners = await getIndexedRows(client, 'owner', {
    where: { address: late.address.toLowerCase() as Hex },
  })
  expect(owners.items).toMatchObject([
    { inferenceCount: 8n, settlementCount: 4n, confirmationCount: 2n },
  ])
})

test.each(['days=0', 'days=367', 'weeks=105', 'weeks=x', 'chainId=', 'day=1'])(
  'error: ?%s is refused',
  async (query) => {
    expect((await fetch(`${indexer.url}/stats?${query}`)).status).toBe(400)
  },
)

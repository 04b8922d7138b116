/**
 * What the figures cost with ten million inferences, beside what they cost with some three thousand of the same two years: 52 owners, of
 * whom one comes every second week, and each records once in every week from then on, so that all days, weeks and cohorts that can be asked
 * for are there. Into PostgreSQL; the data of the batches is in the indexer's directory already. The last line is JSON, and is written to
 * `bench/results/stats.json`; `--inferences=` takes another number, and writes nothing.
 */
import { createIndexerClient, getStats } from '@assay/sdk/query'
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseEther } from 'viem'
import { mnemonicToAccount } from 'viem/accounts'
import { startPostgres } from '../test/support/postgres.ts'
import { type BenchChain, type BenchLog, startBenchChain } from './indexer/chain.ts'
import { ask, quantile, type Synced, sync, timed } from './indexer/measure.ts'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const given = Number(/--inferences=(\d+)/.exec(process.argv.join(' '))?.[1])
const [weeks, weeksBetweenOwners, daySeconds] = [104, 2, 86_400]
const owners = weeks / weeksBetweenOwners
/** Each owner's weeks, summed: 104 + 102 + … + 2. */
const batches = (owners * (weeks + weeksBetweenOwners)) / 2
const rounds = 200

const postgres = await startPostgres()
try {
  const few = await figuresOf('few', 1)
  const many = await figuresOf('many', Math.ceil((given || 10_000_000) / batches))
  const ratio = (of: 'statsMs' | 'graphqlMs') => Number((many[of].p50 / few[of].p50).toFixed(2))
  const result = { few, many, statsRatio: ratio('statsMs'), graphqlRatio: ratio('graphqlMs') }
  if (!given) await writeFile('bench/results/stats.json', `${JSON.stringify(result, null, 2)}\n`)
  console.log(JSON.stringify(result))
} finally {
  await postgres.stop()
}

/** Settles two years of batches of so many, has them indexed, and asks for the figures. */
async function figuresOf(name: string, batchSize: number) {
  const batchDirectory = await mkdtemp(join(tmpdir(), 'assay-bench-stats-'))
  const began = Date.now() - 1_000 * daySeconds * 7 * weeks
  // The database keeps what was read of chains by their ids.
  const chainId = 40_000 + batchSize
  const chain = await startBenchChain({ chainId, initialDate: new Date(began) })
  try {
    const inferences = batches * batchSize
    console.log(`${name}: settling ${inferences} inferences in ${batches} batches`)
    await settleYears(chain, batchSize, batchDirectory)
    const toBlock = await chain.client.getBlockNumber()
    for (let i = 0; i < 64; i++) await chain.client.mine({ blocks: 1 })
    console.log(`${name}: indexing`)
    const synced = await sync(chain, toBlock, {
      ...{ databaseUrl: postgres.url, schema: name, batchDirectory },
    })
    try {
      return await measured(synced, inferences)
    } finally {
      await synced.stop()
    }
  } finally {
    await chain.stop()
    await rm(batchDirectory, { recursive: true })
  }
}

/** Each day, whose day of the week it is records. */
async function settleYears(chain: BenchChain, batchSize: number, directory: string) {
  const begun = Number((await chain.client.getBlock()).timestamp)
  const logs: BenchLog[] = []
  for (let day = 0; day < 7 * weeks; day++) {
    const time = begun + (day + 0.5) * daySeconds
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(time) })
    await chain.client.mine({ blocks: 1 })
    if (day % (7 * weeksBetweenOwners) === 0) logs.push(await newOwner(chain, logs.length))
    for (const log of logs.filter((_, i) => i % 7 === day % 7)) {
      await log.settleExternal(
        batchSize,
        async (data, digest) => {
          await writeFile(join(directory, digest.slice(2)), data)
          return 'https://batches.example'
        },
        BigInt(time - 60) * 1_000n,
      )
    }
  }
}

async function newOwner(chain: BenchChain, index: number): Promise<BenchLog> {
  const mnemonic = 'test test test test test test test test test test test junk'
  const account = mnemonicToAccount(mnemonic, { addressIndex: 100 + index })
  await chain.client.setBalance({ address: account.address, value: parseEther('1') })
  return chain.openLog(account)
}

async function measured({ indexer }: Synced, inferences: number) {
  const client = createIndexerClient({ url: indexer.graphqlUrl })
  const [stats] = [...(await getStats(client, { days: 366, weeks })).values()]
  // What is measured is what is meant.
  assert.equal(stats!.total.available, BigInt(inferences))
  assert.equal(stats!.cohorts.length, owners)
  assert.ok(stats!.days.length >= 360)
  const graphql = `{
    chains { items { inferences available settlements owners confirmations } }
    days(limit: 366, orderBy: "position", orderDirection: "desc") { items { start inferences activeOwners within1m } }
    weeks(limit: 104) { items { start activeOwners newOwners } }
    cohorts(limit: 1000) { items { firstWeek start activeOwners } }
  }`
  const row = async (act: () => Promise<unknown>) => {
    for (let i = 0; i < 20; i++) await act()
    const times: number[] = []
    for (let i = 0; i < rounds; i++) times.push(await timed(act))
    const at = (share: number) => Number(quantile(times, share).toFixed(1))
    return { p50: at(0.5), p95: at(0.95) }
  }
  return {
    inferences,
    statsMs: await row(() => getStats(client, { days: 366, weeks })),
    graphqlMs: await row(async () => {
      assert.ok(await ask(indexer.graphqlUrl, graphql))
    }),
  }
}

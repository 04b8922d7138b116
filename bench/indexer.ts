/**
 * What indexing costs: inferences a second into PostgreSQL and PGlite, beside what the same Ponder does with bare rows of two columns; how
 * long after its block an inference can be asked for; and the queries of docs/indexer.md at that many rows. The last line is JSON. Without
 * `--small` (50,000 inferences) it takes a million, and writes `bench/results/indexer.json`. What bounds each figure stands in
 * docs/performance.md.
 */
import { createIndexerClient, getStats } from '@assay/sdk/query'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { documentedQueries } from '../test/indexer/support/documented-queries.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { type BenchChain, startBenchChain } from './indexer/chain.ts'
import { externalRates } from './indexer/external.ts'
import { ask, quantile, ratePerSecond, type Synced, sync, timed } from './indexer/measure.ts'
import { batchToken, proving } from './indexer/proofs.ts'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const small = process.argv.includes('--small')
const given = Number(/--inferences=(\d+)/.exec(process.argv.join(' '))?.[1])
const inferences = given || (small ? 50_000 : 1_000_000)
const batchSize = 1_000
const fewRows = 10_000
const externalBatchSize = small ? 5_000 : 50_000
const ceilingRoot = fileURLToPath(new URL('../indexer/ceiling', import.meta.url))
const rounded = (value: number, digits = 0) => Number(value.toFixed(digits))
// So many are there before the first is read as one of the many.
if (inferences < 40_000) {
  console.error('--inferences takes 40000 at least.')
  process.exit(1)
}

const postgres = await startPostgres()
const chain = await startBenchChain()
try {
  console.log(`settling ${inferences} inferences, ${batchSize} a batch`)
  let root = ''
  let inferenceId = ''
  for (let i = 0; i < fewRows / batchSize; i++) await chain.settle(batchSize)
  const few = await sync(chain, 0n, { ...live(), schema: 'few' })
  await few.indexer.waitForBlock(await chain.client.getBlockNumber())
  const atFewRowsMs = rounded(await blockToGraphql(chain, few))
  const statsAtFewRowsMs = await figuresMs(few)
  await few.stop()
  console.log(`block to GraphQL with some ${fewRows} rows: ${atFewRowsMs} ms`)
  for (let i = Number(chain.settled()) / batchSize; i < inferences / batchSize; i++) {
    const { batch } = await chain.settle(batchSize)
    root = batch.root
    inferenceId = `0x${Buffer.from(batch.tree.proof(1)[0]!).toString('hex')}`
  }
  const toBlock = await chain.client.getBlockNumber()
  // What counts as final is what is thirty blocks deep.
  // One by one: many at once have no hashes that fit each other on this chain.
  for (let i = 0; i < 64; i++) await chain.client.mine({ blocks: 1 })

  const rate = ({ seconds }: Synced) => rounded(inferences / seconds)
  const bare = await sync(chain, toBlock, {
    root: ceilingRoot,
    databaseUrl: postgres.url,
    schema: 'bare',
  })
  const ceiling = rate(bare)
  await bare.stop()
  console.log(`bare rows into PostgreSQL: ${ceiling} a second`)

  const embedded = await sync(chain, toBlock)
  const pglite = { inferencesPerSecond: rate(embedded) }
  await embedded.stop()
  console.log(`inferences into PGlite: ${pglite.inferencesPerSecond} a second`)

  const external = await externalRates(inferences, externalBatchSize, postgres.url)
  console.log(`external: ${JSON.stringify(external)}`)

  const synced = await sync(chain, toBlock, live())
  const inferencesPerSecond = rate(synced)
  console.log(`inferences into PostgreSQL: ${inferencesPerSecond} a second`)
  const pg = { inferencesPerSecond, ceiling, ratio: rounded(inferencesPerSecond / ceiling, 2) }
  await synced.indexer.waitForBlock(await chain.client.getBlockNumber())
  const result = {
    ...{ pg, pglite, external },
    blockToGraphqlP50Ms: rounded(await blockToGraphql(chain, synced)),
    atFewRowsMs,
    stats: { atFewRowsMs: statsAtFewRowsMs, p95Ms: await figuresMs(synced) },
    ...(await answering(synced, { root, inferenceId })),
    proof: await proving(chain, synced, small ? 10_000 : 100_000),
    rssMb: synced.rssMb(),
  }
  await synced.stop()
  if (!small && !given) {
    await writeFile('bench/results/indexer.json', `${JSON.stringify(result, null, 2)}\n`)
  }
  console.log(JSON.stringify(result))
} catch (error) {
  // What still runs would be waited for without an end.
  console.error(error)
  process.exitCode = 1
  setTimeout(() => process.exit(), 10_000).unref()
} finally {
  await chain.stop()
  await postgres.stop()
}

/** Into PostgreSQL, told of blocks as they come. */
function live() {
  return { databaseUrl: postgres.url, wsUrl: chain.wsUrl, batchTokens: `bench=${batchToken}` }
}

/** Median of the milliseconds from a block with a batch until its last inference can be asked for. */
async function blockToGraphql(chain: BenchChain, { indexer }: Synced): Promise<number> {
  const times: number[] = []
  for (let i = 0; i < 21; i++) {
    const { batch } = await chain.settle(batchSize)
    const began = performance.now()
    const query = `{ settlement(logId: "${batch.logId}", root: "${batch.root}") { inferences(limit: 1) { items { sequence } } } }`
    for (let settlement: unknown; !settlement;) {
      settlement = (await ask(indexer.graphqlUrl, query))?.settlement
    }
    times.push(performance.now() - began)
  }
  return quantile(times, 0.5)
}

/** 95th percentile of the milliseconds for all figures that can be asked for at once. */
async function figuresMs({ indexer }: Synced): Promise<number> {
  const times: number[] = []
  const client = createIndexerClient({ url: indexer.graphqlUrl })
  const ask = () => getStats(client, { days: 366, weeks: 104 })
  await ask()
  for (let i = 0; i < 40; i++) times.push(await timed(ask))
  return rounded(quantile(times, 0.95), 1)
}

/** The documented queries one after the other, and by eight at once. */
async function answering({ indexer }: Synced, of: { root: string; inferenceId: string }) {
  const queries = await documentedQueries(indexer.url, {
    ...{ inferenceId: of.inferenceId, modelId: chain.models[0]!, logId: chain.logId },
    ...{ owner: chain.owner.toLowerCase(), sessionKey: chain.sessionKey.toLowerCase() },
    ...{ publisher: chain.owner.toLowerCase(), subject: of.inferenceId, time: '1' },
    ...{ manifestDigest: of.root, measurement: of.root, environmentId: of.root },
    ...{ from: '0', before: String(2n ** 48n) },
  })
  const rounds = small ? 10 : 30
  const each: { text: string; times: number[] }[] = []
  for (const { text, ask } of queries) {
    await ask()
    const times: number[] = []
    for (let i = 0; i < rounds; i++) times.push(await timed(ask))
    each.push({ text, times })
    console.log(
      `${rounded(quantile(times, 0.5), 1)} / ${rounded(quantile(times, 0.95), 1)} ms  ${text.replace(/\s+/g, ' ').slice(0, 90)}`,
    )
  }
  const all = each.flatMap(({ times }) => times)
  const rps = await ratePerSecond(
    queries.map(({ ask }) => ask),
    small ? 3 : 10,
  )
  return {
    graphql: {
      p50: rounded(quantile(all, 0.5), 1),
      p95: rounded(quantile(all, 0.95), 1),
      rps: rounded(rps),
    },
  }
}

/**
 * What serving takes: reads a second by one, two and three readers; 200 queries a second and 1,000 inferences a second beside each other; and
 * what clients that mean ill do to the others. The last line is JSON. Without `--small` it writes `bench/results/serve.json`. Linux: clients
 * have addresses of their own on the loopback interface.
 */
import { fork } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { quantile } from './indexer/measure.ts'
import { indexedBlock, type Served, startDeployment } from './serve/deployment.ts'
import { factsOf } from './serve/facts.ts'
import { startAsker } from './serve/start-asker.ts'
import { coresOf, watchUsage } from './serve/usage.ts'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const small = process.argv.includes('--small')
const inferences = small ? 5_000 : 100_000
const seconds = small ? 12 : 60
const readSeconds = small ? 12 : 30
/** Readers have just been started: so long they answer before anything is measured. */
const warmSeconds = small ? 3 : 15
const batchSize = 1_000
const rounded = (value: number, digits = 0) => Number(value.toFixed(digits))

const deployment = await startDeployment((lines) => console.error(lines.join('')))
const { chain } = deployment
const { owner, logId, chainId } = chain
const asker = startAsker({ owner: owner.toLowerCase(), modelId: chain.models[0]!, logId, chainId })
let errors = 0
let wrong = 0

async function settle(): Promise<void> {
  const { batch, hash } = await chain.settle(batchSize)
  const { blockNumber } = await chain.client.waitForTransactionReceipt({ hash })
  await deployment.untilIndexed(blockNumber)
  asker.tell(factsOf(batch, [0, 17, 500, 999]))
}

/** Asks, and counts what went wrong. */
async function ask(of: Parameters<typeof asker.ask>[0]) {
  const asked = await asker.ask(of)
  errors += asked.failed.length
  wrong += asked.wrong.length
  for (const it of [...asked.failed, ...asked.wrong].filter(Boolean)) console.log(`  ${it}`)
  return asked
}

async function readsBy(readers: number) {
  const served = await deployment.serve(readers)
  await ask({ url: served.url, seconds: warmSeconds, askers: 16 })
  const usage = watchUsage()
  const { answers } = await ask({ url: served.url, seconds: readSeconds, askers: 16 })
  const cores = coresOf(usage.stop())
  await served.stop()
  const rps = rounded(answers / readSeconds)
  console.log(`${readers} readers: ${rps} reads a second, by cores ${JSON.stringify(cores)}`)
  return { rps, cores }
}

/** 200 queries a second while 1,000 inferences a second come. */
async function loaded(served: Served) {
  let lagBlocksMax = 0
  const ending = new AbortController()
  const { signal } = ending
  const writing = (async () => {
    for (let due = performance.now(); !signal.aborted; due += 1_000) {
      await settle()
      const wait = due + 1_000 - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    }
  })()
  const looking = (async () => {
    while (!signal.aborted) {
      const head = await chain.client.getBlockNumber({ cacheTime: 0 })
      const lag = Number(head - ((await indexedBlock(served.url)) ?? 0n))
      lagBlocksMax = Math.max(lagBlocksMax, lag)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  await ask({ url: served.url, seconds: warmSeconds, askers: 16 })
  const before = chain.settled()
  const began = performance.now()
  const { sinceDue, sinceAsked } = await ask({ url: served.url, seconds, rate: 200 })
  const taken = (performance.now() - began) / 1_000
  const writtenPerSecond = rounded(Number(chain.settled() - before) / taken)
  const readPerSecond = rounded(sinceDue.length / taken)
  ending.abort()
  await Promise.all([writing, looking])
  const [p95Ms, sinceAskedP95Ms] = [sinceDue, sinceAsked].map((it) =>
    rounded(quantile(it, 0.95), 1),
  )
  console.log(
    `${writtenPerSecond} inferences a second written, ${readPerSecond} reads, p50 ${rounded(quantile(sinceDue, 0.5), 1)} ms, p95 ${p95Ms} ms since due and ${sinceAskedP95Ms} ms since asked, ${lagBlocksMax} blocks behind at most`,
  )
  return { p95Ms, sinceAskedP95Ms, lagBlocksMax, writtenPerSecond, readPerSecond }
}

/** 50 queries a second of honest clients, alone and beside those that mean ill, in turns. */
async function attacked() {
  // With the limits that hold where nothing is set.
  const served = await deployment.serve(3, { ASSAY_RATE_LIMIT: '' })
  const [normal, beside]: number[][] = [[], []]
  const p95 = (times: readonly number[]) => quantile(times, 0.95)
  for (let round = 0; round < 3; round++) {
    // Started before: how long a process takes to start is nothing that somebody far away does.
    const attacker = fork(fileURLToPath(new URL('serve/attacker.ts', import.meta.url)), [
      served.url,
    ])
    normal!.push(...(await ask({ url: served.url, seconds: seconds / 3, rate: 50 })).sinceDue)
    attacker.send('begin')
    beside!.push(...(await ask({ url: served.url, seconds: seconds / 3, rate: 50 })).sinceDue)
    const answers = new Promise((resolve) => attacker.once('message', resolve))
    attacker.kill('SIGTERM')
    console.log(`  they were answered: ${JSON.stringify(await answers)}`)
    // Their minutes are over before they come again.
    await new Promise((resolve) => setTimeout(resolve, 2_000))
  }
  await served.stop()
  console.log(
    `p95 ${rounded(p95(normal!), 1)} ms alone, ${rounded(p95(beside!), 1)} ms beside them`,
  )
  return rounded(p95(beside!) / p95(normal!), 2)
}

try {
  console.log(`settling ${inferences} inferences`)
  for (let i = 0; i < inferences / batchSize; i++) await settle()
  const reads = [await readsBy(1), await readsBy(2), await readsBy(3)] as const
  const served = await deployment.serve(3)
  const load = await loaded(served)
  await served.stop()
  const attackP95Ratio = await attacked()
  const result = {
    ...{ readers: 3, rps: reads[2].rps, p95Ms: load.p95Ms, errors: errors + wrong },
    ...{ lagBlocksMax: load.lagBlocksMax, attackP95Ratio },
  }
  if (!small) {
    const readsByReaders = { one: reads[0], two: reads[1], three: reads[2] }
    const { writtenPerSecond, readPerSecond, sinceAskedP95Ms } = load
    const more = { wrong, sinceAskedP95Ms, readsByReaders, writtenPerSecond, readPerSecond }
    const scale = rounded(reads[1].rps / reads[0].rps, 2)
    await writeFile(
      'bench/results/serve.json',
      `${JSON.stringify({ ...result, ...more, oneToTwoReaders: scale, inferences }, null, 2)}\n`,
    )
  }
  console.log(JSON.stringify(result))
} finally {
  asker.stop()
  await deployment.stop()
}

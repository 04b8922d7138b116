/**
 * An hour of a deployment: 1,000 inferences a second come, 200 queries a second are asked of three readers, and every five minutes one reader and
 * the writer are killed. No answer may be wrong, no row missing at the end, and memory may not grow. Writes `bench/results/load.json`;
 * `--minutes=5` takes so long and writes nothing. Linux, as `bench/serve.ts`.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { quantile } from './indexer/measure.ts'
import { indexedBlock, startDeployment } from './serve/deployment.ts'
import { factsOf } from './serve/facts.ts'
import { coresOf, memoryOf, watchUsage } from './serve/usage.ts'
import { startAsker } from './serve/start-asker.ts'

process.chdir(fileURLToPath(new URL('..', import.meta.url)))

const given = Number(/--minutes=(\d+)/.exec(process.argv.join(' '))?.[1])
const minutes = given || 60
const batchSize = 1_000
const killEveryMillis = Math.min(300_000, (minutes * 60_000) / 3)
const rounded = (value: number, digits = 0) => Number(value.toFixed(digits))
const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`)

const deployment = await startDeployment(
  (lines) => say(`ended: ${lines.slice(-3).join(' ')}`),
  (line) => say(`error: ${line.slice(0, 1_000)}`),
)
const { chain, writer } = deployment
const { owner, logId, chainId } = chain
const asker = startAsker({ owner: owner.toLowerCase(), modelId: chain.models[0]!, logId, chainId })

/** One in ten comes with its data beside. */
async function settle(number: number): Promise<bigint> {
  if (number % 10 === 9) {
    await chain.settleExternal(
      batchSize,
      (data) => `data:application/octet-stream;base64,${Buffer.from(data).toString('base64')}`,
    )
    return chain.client.getBlockNumber({ cacheTime: 0 })
  }
  const { batch, hash } = await chain.settle(batchSize)
  const { blockNumber } = await chain.client.waitForTransactionReceipt({ hash })
  waiting.push({ blockNumber, facts: factsOf(batch, [0, 17, 500, 999]) })
  return blockNumber
}

/** Of what is asked, the block is in. */
const waiting: { blockNumber: bigint; facts: ReturnType<typeof factsOf> }[] = []
function tell(indexed: bigint): void {
  while (waiting[0] && waiting[0].blockNumber <= indexed) asker.tell(waiting.shift()!.facts)
}

try {
  for (let i = 0; i < 20; i++) await settle(0)
  await deployment.untilIndexed(await chain.client.getBlockNumber({ cacheTime: 0 }))
  tell(1n << 64n)
  const served = await deployment.serve(3)
  const usage = watchUsage()
  const ending = new AbortController()
  const { signal } = ending
  const lags: number[] = []
  let settled = 20
  let killed = 0

  const writing = (async () => {
    for (let due = performance.now(); !signal.aborted; due += 1_000) {
      await settle(settled++)
      const wait = due + 1_000 - performance.now()
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
    }
  })()
  const looking = (async () => {
    while (!signal.aborted) {
      const [head, indexed] = [
        await chain.client.getBlockNumber({ cacheTime: 0 }),
        await indexedBlock(served.url),
      ]
      if (indexed !== undefined) {
        tell(indexed)
        lags.push(Number(head - indexed))
      }
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  })()
  const killing = setInterval(() => {
    void (async () => {
      const processes = (
        await Promise.all([writer, served.program].map((it) => it.processes()))
      ).flat()
      const readers = processes.filter(({ command }) => / serve --schema/.test(command))
      const writers = processes.filter(({ command }) => / start --schema/.test(command))
      for (const it of [readers[killed % 3], writers[0]]) if (it) process.kill(it.pid, 'SIGKILL')
      killed++
      say(`killed a reader and the writer, ${chain.settled()} inferences settled`)
    })()
  }, killEveryMillis)

  const began = performance.now()
  const asked = await asker.ask({ url: served.url, seconds: minutes * 60, rate: 200 })
  clearInterval(killing)
  say('asked; waiting for what is under way')
  ending.abort()
  await Promise.all([writing, looking])
  say('counting rows')
  const hours = (performance.now() - began) / 3_600_000
  await deployment.untilIndexed(await chain.client.getBlockNumber({ cacheTime: 0 }))
  const rows = await rowsOf(served.url)
  const bytesPerInference = rounded(Number(await deployment.databaseBytes()) / rows)
  const usages = usage.stop()
  const result = {
    minutes: rounded(hours * 60, 1),
    ...{ settled: Number(chain.settled()), rows, missing: Number(chain.settled()) - rows },
    inferencesPerSecond: rounded((Number(chain.settled()) - 20 * batchSize) / (hours * 3_600)),
    queriesPerSecond: rounded(asked.sinceDue.length / (hours * 3_600)),
    ...{ answers: asked.answers, failed: asked.failed.length, wrong: asked.wrong.length },
    sinceAskedMs: spreadOf(asked.sinceAsked),
    sinceDueMs: spreadOf(asked.sinceDue),
    lagBlocksP50: quantile(lags, 0.5),
    lagBlocksMax: Math.max(...lags),
    ...{ killed, memoryMb: memoryOf(usages), cores: coresOf(usages), bytesPerInference },
  }
  for (const it of [...asked.failed, ...asked.wrong].filter(Boolean)) say(it)
  if (!given) await writeFile('bench/results/load.json', `${JSON.stringify(result, null, 2)}\n`)
  console.log(JSON.stringify(result))
  process.exitCode = asked.wrong.length > 0 || result.missing !== 0 ? 1 : 0
} finally {
  asker.stop()
  await deployment.stop()
}

function spreadOf(times: readonly number[]) {
  const at = (share: number) => rounded(quantile(times, share), 1)
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) }
}

/** Inferences that are rows, counted one by one as the chain has them: what is loaded beside comes with the next blocks. */
async function rowsOf(url: string): Promise<number> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(`${url}/stats`)
    // While a killed writer comes back there is no answer.
    const { chains = {} } = (await response.json()) as {
      chains?: Record<string, { total: { available: string } } | undefined>
    }
    const available = Number(chains[chainId]?.total.available ?? 0)
    if (available === Number(chain.settled()) || tries === 300) return available
    await chain.client.mine({ blocks: 1 })
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

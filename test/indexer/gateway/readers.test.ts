import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withDatabase } from '../../../indexer/operations/database.ts'
import { IndexerSettingsError, type RunningIndexer, startIndexer } from '../../../indexer/run.ts'
import { variables } from '../../../indexer/variables.ts'
import { freePorts } from '../../support/free-ports.ts'
import { type Postgres, startPostgres } from '../../support/postgres.ts'
import { type RandomChain, startRandomChain } from '../support/random-chain.ts'

let postgres: Postgres
let chain: RandomChain
let indexer: RunningIndexer
let options: Parameters<typeof startIndexer>[0]
beforeAll(async () => {
  postgres = await startPostgres(['fsync=off'])
  chain = await startRandomChain(7)
  await chain.operate(20)
  const [port] = (await freePorts(1)) as [number]
  options = {
    ...{ chainId: 31_337, rpcUrl: chain.rpcUrl, wsUrl: chain.wsUrl, ...chain.addresses },
    ...{ databaseUrl: postgres.url, schema: 'assay', port, readers: 2 },
  }
  indexer = await startIndexer(options)
}, 120_000)
afterAll(async () => {
  await indexer.stop()
  await chain.close()
  await postgres.stop()
})

type Told = { role: string; state: string }
const upstreams = async (url: string): Promise<string[]> => {
  const status = (await (await fetch(`${url}/status`)).json()) as { upstreams: Told[] }
  return status.upstreams.map(({ role, state }) => `${role} ${state}`).sort()
}
const all = ['reader up', 'reader up', 'writer up']
const ask = async (url: string, query: string): Promise<unknown> => {
  const answer = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  return answer.json()
}
const count = async (url: string) => {
  const { data } = (await ask(url, '{ settlements(limit: 1000) { items { root } } }')) as {
    data: { settlements: { items: [] } }
  }
  return data.settlements.items.length
}
const figures = (url: string) =>
  Promise.all([
    fetch(`${url}/stats`).then((it) => it.json() as Promise<unknown>),
    ask(
      url,
      `{ chains { items { owners inferences } } days { items { start inferences } }
        weeks { items { start } } cohorts { items { firstWeek start activeOwners } } }`,
    ),
  ])

describe('readers', () => {
  test('default: answer beside the writer; one that is killed is replaced, and no request fails', async () => {
    await expect.poll(() => upstreams(indexer.url), { timeout: 60_000 }).toEqual(all)
    await indexer.waitForBlock(await chain.client.getBlockNumber())
    const expected = await count(indexer.url)
    expect(expected).toBeGreaterThan(0)
    const answered: number[] = []
    let running = true
    const clients = Array.from({ length: 4 }, async () => {
      while (running) answered.push(await count(indexer.url).catch(() => -1))
    })
    await expect.poll(() => answered.length, { timeout: 20_000 }).toBeGreaterThan(20)
    for (const pid of readerPids()) process.kill(pid, 'SIGKILL')
    await expect.poll(() => upstreams(indexer.url), { timeout: 5_000 }).toEqual(['writer up'])
    const before = answered.length
    await expect.poll(() => answered.length, { timeout: 20_000 }).toBeGreaterThan(before + 20)
    await expect.poll(() => upstreams(indexer.url), { timeout: 60_000 }).toEqual(all)
    running = false
    await Promise.all(clients)
    expect(new Set(answered)).toEqual(new Set([expected]))
  }, 180_000)

  test('behavior: a table that is held, as a restarted writer does, is waited for', async () => {
    await expect.poll(() => upstreams(indexer.url), { timeout: 60_000 }).toEqual(all)
    const expected = await count(indexer.url)
    const answered = await withDatabase(postgres.url, 'holds a table', async (client) => {
      await client.query('begin')
      await client.query('lock table assay.settlement in access exclusive mode')
      const answers = Promise.all([count(indexer.url), count(indexer.url)])
      await new Promise((resolve) => setTimeout(resolve, 2_000))
      await client.query('commit')
      return answers
    })
    expect(answered).toEqual([expected, expected])
  }, 90_000)

  test('behavior: figures are read from no table that grows with what is recorded, so that they cost the same at any number of rows', async () => {
    await expect.poll(() => upstreams(indexer.url), { timeout: 60_000 }).toEqual(all)
    const expected = await figures(indexer.url)
    const answered = await withDatabase(postgres.url, 'holds tables', async (client) => {
      await client.query('begin')
      await client.query(
        `lock table assay.inference, assay.settlement, assay.inference_log, assay.session_key, assay.owner, assay.skip
          in access exclusive mode`,
      )
      const answers = await figures(indexer.url)
      await client.query('commit')
      return answers
    })
    expect(answered).toEqual(expected)
    expect(answered).toMatchObject([
      { chains: { 31337: { total: {} } } },
      { data: { chains: { items: [{}] } } },
    ])
  }, 90_000)

  test('error: IndexerSettingsError without PostgreSQL', async () => {
    const { databaseUrl: _, ...without } = options
    const [port] = (await freePorts(1)) as [number]
    const start = startIndexer({ ...without, port })
    await expect(start).rejects.toThrow(IndexerSettingsError)
    await expect(start).rejects.toThrow(
      'ASSAY_INDEXER_READERS asks for readers, which need PostgreSQL',
    )
  })
})

describe('a writer that is started again', () => {
  test('behavior: has the indexes that it had, by which readers answer meanwhile', async () => {
    const before = await indexes()
    expect(before.length).toBeGreaterThan(20)
    await indexer.stop()
    indexer = await startIndexer(options)
    await chain.operate(1)
    await indexer.waitForBlock(await chain.client.getBlockNumber())
    // Made anew they would be others.
    expect(await indexes()).toEqual(before)
  }, 120_000)
})

describe('the command line', () => {
  test('default: serve answers by what is written elsewhere', async () => {
    const [port] = (await freePorts(1)) as [number]
    const program = await run(['serve'], { ASSAY_INDEXER_PORT: String(port) })
    const url = `http://127.0.0.1:${port}`
    const ups = () => upstreams(url).catch(() => [])
    await expect.poll(ups, { timeout: 60_000 }).toEqual(['reader up'])
    expect(await count(url)).toBe(await count(indexer.url))
    expect((await fetch(`${url}/ready`)).status).toBe(200)
    expect(await program.stop()).toBe(0)
  }, 90_000)

  test('error: serve without PostgreSQL says what is missing', async () => {
    const program = await run(['serve'], { DATABASE_URL: '' })
    expect(await program.ended).toBe(1)
    expect(program.lines.join('')).toContain('DATABASE_URL is not set, and rows are served from it')
  })

  test('behavior: where its indexer is killed the program ends, for whoever runs it to start it anew', async () => {
    const [port] = (await freePorts(1)) as [number]
    const env = { ASSAY_INDEXER_PORT: String(port), ASSAY_INDEXER_SCHEMA: 'killed' }
    const program = await run([], env)
    const ups = () => upstreams(`http://127.0.0.1:${port}`).catch(() => [])
    await expect.poll(ups, { timeout: 60_000 }).toEqual(['writer up'])
    const [writer] = pondersOf(program.pid, 'start')
    process.kill(writer!, 'SIGKILL')
    expect(await program.ended).toBe(1)
    expect(program.lines.join('')).toContain('The indexer ended with SIGKILL')
  }, 90_000)

  test('default: --help lists the commands and each setting', async () => {
    const program = await run(['--help'], {})
    expect(await program.ended).toBe(0)
    const text = program.lines.join('')
    for (const word of ['start', 'serve', ...Object.values(variables).map(({ name }) => name)]) {
      expect(text).toContain(word)
    }
  })

  test('error: an unknown command', async () => {
    const program = await run(['strat'], {})
    expect(await program.ended).not.toBe(0)
  })
})

/** What tells each index of the writer's tables from any other that there ever was. */
const indexes = () =>
  withDatabase(postgres.url, 'assay test', async (client) => {
    const { rows } = await client.query<{ name: string; oid: number }>(
      `select relname as name, oid from pg_class
        where relkind = 'i' and relnamespace = 'assay'::regnamespace order by relname`,
    )
    return rows.map(({ name, oid }) => `${name} ${oid}`)
  })

/** Processes that this one started by way of the indexer. */
const readerPids = () => pondersOf(process.pid, 'serve')

/** Ponder's processes that one has started, by their command, as the system lists them. */
function pondersOf(starter: number, command: 'start' | 'serve'): number[] {
  return execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(` ${command} `) && line.includes('ponder.js'))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, parent]) => Number(parent) === starter)
    .map(([pid]) => Number(pid))
}

async function run(args: string[], env: Record<string, string>) {
  const directory = await mkdtemp(join(tmpdir(), 'assay-indexer-program-'))
  const main = fileURLToPath(new URL('../../../indexer/main.ts', import.meta.url))
  const { modelRegistry, environmentRegistry, inferenceLog, verdictRegistry } = chain.addresses
  const child = spawn(process.execPath, [main, ...args], {
    env: {
      PATH: process.env.PATH,
      ...{ ASSAY_CHAIN_ID: '31337', ASSAY_RPC_URL: chain.rpcUrl, DATABASE_URL: postgres.url },
      ...{ ASSAY_MODEL_REGISTRY: modelRegistry, ASSAY_VERDICT_REGISTRY: verdictRegistry },
      ...{ ASSAY_ENVIRONMENT_REGISTRY: environmentRegistry, ASSAY_INFERENCE_LOG: inferenceLog },
      ASSAY_INDEXER_DIRECTORY: join(directory, 'pglite'),
      ...env,
    },
  })
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => lines.push(text.toString()))
  }
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve)).then(
    async (code) => {
      await rm(directory, { recursive: true, force: true })
      return code
    },
  )
  return {
    ...{ lines, ended, pid: child.pid! },
    stop() {
      child.kill('SIGTERM')
      return ended
    },
  }
}

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { withDatabase } from '../../indexer/operations/database.ts'
import { freePorts } from '../../test/support/free-ports.ts'
import { startPostgres } from '../../test/support/postgres.ts'
import { type BenchChain, startBenchChain } from '../indexer/chain.ts'
import { type Program, startProgram } from './programs.ts'

/** One writer on PostgreSQL, before which any number of readers can be put. */
export type Deployment = {
  chain: BenchChain
  writer: Program
  /** Starts readers behind one gateway. */
  serve(readers: number, env?: Readonly<Record<string, string>>): Promise<Served>
  /** Waits until the writer has a block. */
  untilIndexed(block: bigint): Promise<void>
  /** What the database takes on disk, all in. */
  databaseBytes(): Promise<bigint>
  stop(): Promise<void>
}

export type Served = { url: string; program: Program; stop(): Promise<void> }

/**
 * @param onEnd - Called with the last lines of a program that ended by itself.
 * @param onError - Called with each line of their logs that tells of an error.
 */
export async function startDeployment(
  onEnd: (lines: readonly string[]) => void,
  onError?: (line: string) => void,
): Promise<Deployment> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-serve-'))
  const postgres = await startPostgres(['max_connections=200'])
  const chain = await startBenchChain()
  const [port] = (await freePorts(1)) as [number]
  const common = {
    ASSAY_CHAIN_ID: String(chain.chainId),
    ASSAY_RPC_URL: chain.rpcUrl,
    ASSAY_MODEL_REGISTRY: chain.addresses.modelRegistry,
    ASSAY_ENVIRONMENT_REGISTRY: chain.addresses.environmentRegistry,
    ASSAY_INFERENCE_LOG: chain.addresses.inferenceLog,
    ASSAY_VERDICT_REGISTRY: chain.addresses.verdictRegistry,
    DATABASE_URL: postgres.url,
    ASSAY_INDEXER_DIRECTORY: join(directory, 'pglite'),
    ASSAY_BATCH_DIRECTORY: join(directory, 'batches'),
    ASSAY_RATE_LIMIT: '0',
  }
  const writerUrl = `http://127.0.0.1:${port}`
  const writer = startProgram(
    'start',
    { ...common, ASSAY_WS_URL: chain.wsUrl, ASSAY_INDEXER_PORT: String(port) },
    onEnd,
    onError,
  )
  const served = new Set<Served>()
  return {
    ...{ chain, writer },
    async serve(readers, env = {}) {
      const [own] = (await freePorts(1)) as [number]
      const url = `http://127.0.0.1:${own}`
      const settings = { ASSAY_INDEXER_PORT: String(own), ASSAY_INDEXER_READERS: String(readers) }
      const program = startProgram('serve', { ...common, ...settings, ...env }, onEnd, onError)
      const it: Served = {
        ...{ url, program },
        async stop() {
          served.delete(it)
          await program.stop()
        },
      }
      served.add(it)
      await until(async () => (await readersUp(url)) === readers)
      return it
    },
    untilIndexed: (block) => until(async () => ((await indexedBlock(writerUrl)) ?? -1n) >= block),
    databaseBytes: () =>
      withDatabase(postgres.url, 'assay bench', async (client) => {
        const { rows } = await client.query<{ bytes: string }>(
          'select pg_database_size(current_database()) as bytes',
        )
        return BigInt(rows[0]!.bytes)
      }),
    async stop() {
      await Promise.all([...served].map((it) => it.stop()))
      await writer.stop()
      await chain.stop()
      await postgres.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

type Status = {
  upstreams: { role: string; state: string }[]
  chains: Record<string, { block: { number: number } } | undefined>
}

async function statusOf(url: string): Promise<Status | undefined> {
  try {
    const response = await fetch(`${url}/status`, { signal: AbortSignal.timeout(5_000) })
    return (await response.json()) as Status
  } catch {
    return undefined
  }
}

/** The last block that can be asked for. */
export async function indexedBlock(url: string): Promise<bigint | undefined> {
  const [chain] = Object.values((await statusOf(url))?.chains ?? {})
  return chain && BigInt(chain.block.number)
}

async function readersUp(url: string): Promise<number> {
  const { upstreams = [] } = (await statusOf(url)) ?? {}
  return upstreams.filter(({ role, state }) => role === 'reader' && state === 'up').length
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100))
}

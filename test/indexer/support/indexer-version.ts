import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseLogLine, spawnPonder } from '../../../indexer/process.ts'
import { freePorts } from '../../support/free-ports.ts'
import type { LocalChain } from './chain.ts'

const own = fileURLToPath(new URL('../../../indexer/', import.meta.url))

/** A change of a file of the indexer: what stands there once, and what is to stand there. */
export type Change = { file: string; from: string; to: string }

/** A copy of the indexer's project that is another version of it. */
export async function copyIndexer(changes: readonly Change[]) {
  const root = await mkdtemp(join(tmpdir(), 'assay-version-'))
  const left = ['node_modules', '.ponder', 'generated', 'tsconfig.json', 'ceiling']
  await cp(own, root, {
    recursive: true,
    filter: (path) => path === own || !left.includes(basename(path)),
  })
  await symlink(join(own, 'node_modules'), join(root, 'node_modules'))
  for (const { file, from, to } of changes) {
    const text = await readFile(join(root, file), 'utf8')
    if (text.split(from).length !== 2) throw new Error(`${file} has not one ${from}`)
    await writeFile(join(root, file), text.replace(from, to))
  }
  return { root, remove: () => rm(root, { recursive: true, force: true, maxRetries: 3 }) }
}

/** A version with one more column: the last sequence number of a settlement. */
export const withLastSequence: Change[] = [
  {
    file: 'ponder.schema.ts',
    from: `    loaded: t.bigint().notNull(),`,
    to: `    loaded: t.bigint().notNull(),\n    lastSequence: t.bigint().notNull(),`,
  },
  {
    file: 'src/rows/settlement.ts',
    from: `      loaded: layout ? count : 0n,`,
    to: `      loaded: layout ? count : 0n,\n      lastSequence: first + count - 1n,`,
  },
]

/** A version without a column that others have. */
export const withoutReporter: Change[] = [
  {
    file: 'ponder.schema.ts',
    from: `    reporter: t.hex().notNull(),\n`,
    to: ``,
  },
  {
    file: 'ponder.schema.ts',
    from: `    byReporter: index().on(table.reporter, table.position),\n`,
    to: ``,
  },
]

export type Reader = Awaited<ReturnType<typeof startReader>>

/** Serves what a schema holds, as `ponder serve` does, and writes nothing. */
export async function startReader(
  { rpcUrl, chainId, addresses }: Pick<LocalChain, 'rpcUrl' | 'chainId' | 'addresses'>,
  options: { databaseUrl: string; schema: string; root?: string },
) {
  const [port] = (await freePorts(1)) as [number]
  const directory = await mkdtemp(join(tmpdir(), 'assay-reader-'))
  const env: NodeJS.ProcessEnv = { ...process.env }
  delete env.NODE_OPTIONS
  let serves: () => void
  const serving = new Promise<void>((resolve) => (serves = resolve))
  const log: string[] = []
  const child = spawnPonder({
    args: [
      ...['serve', '--schema', options.schema, '--port', String(port)],
      ...['--hostname', '127.0.0.1', '--log-level', 'info'],
    ],
    env: {
      ...{ ...env, NODE_ENV: 'production', PONDER_TELEMETRY_DISABLED: '1' },
      ...{ ASSAY_CHAIN_ID: String(chainId), ASSAY_RPC_URL: rpcUrl, ASSAY_START_BLOCK: '0' },
      ...{ ASSAY_MODEL_REGISTRY: addresses.modelRegistry },
      ...{ ASSAY_ENVIRONMENT_REGISTRY: addresses.environmentRegistry },
      ...{ ASSAY_INFERENCE_LOG: addresses.inferenceLog },
      ...{ ASSAY_VERDICT_REGISTRY: addresses.verdictRegistry },
      ...{ DATABASE_URL: options.databaseUrl, ASSAY_BATCH_DIRECTORY: join(directory, 'batches') },
    },
    ...{ cwd: directory, root: options.root },
    onLine(line) {
      log.push(line)
      if (parseLogLine(line)?.msg === 'Created HTTP server') serves()
    },
  })
  async function stop() {
    await child.stop()
    await rm(directory, { recursive: true, force: true, maxRetries: 3 })
  }
  try {
    await Promise.race([serving, child.ended])
  } catch (error) {
    await stop()
    throw error
  }
  return { url: `http://127.0.0.1:${port}`, log, ended: child.ended, stop }
}

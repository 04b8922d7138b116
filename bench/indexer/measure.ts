import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type RunningIndexer, startIndexer, type StartIndexerOptions } from '../../indexer/run.ts'
import { freePorts } from '../../test/support/free-ports.ts'
import type { BenchChain } from './chain.ts'

/** An indexer that has read all of a chain. */
export type Synced = {
  indexer: RunningIndexer
  /** From when it serves, which it does before it begins, until it has read what is final. */
  seconds: number
  /** The most memory that it took, in MB. */
  rssMb: () => number
  stop(): Promise<void>
}

/**
 * Reads a chain.
 *
 * @param toBlock - Whose events the time is taken for; it has to be final.
 */
export async function sync(
  chain: BenchChain,
  toBlock: bigint,
  options: Partial<StartIndexerOptions> = {},
): Promise<Synced> {
  const directory = await mkdtemp(join(tmpdir(), 'assay-bench-indexer-'))
  const [port] = (await freePorts(1)) as [number]
  let pid = 0
  const indexer = await startIndexer({
    chainId: chain.chainId,
    // Named so often that not the endpoint's rate is what is measured.
    rpcUrl: Array<string>(20).fill(chain.rpcUrl),
    ...chain.addresses,
    ...{ port, directory, onSpawn: (id) => (pid = id) },
    ...options,
  })
  const began = performance.now()
  await indexer.waitForBlock(toBlock, { timeoutMillis: 600_000 })
  const seconds = (performance.now() - began) / 1_000
  const rssMb = () => {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1_024)
  }
  return {
    ...{ indexer, seconds, rssMb },
    async stop() {
      await indexer.stop()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

/** What GraphQL answers; undefined: an error. */
export async function ask(
  graphqlUrl: string,
  query: string,
): Promise<Record<string, unknown> | undefined> {
  const response = await fetch(graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  })
  const { data } = (await response.json()) as { data?: Record<string, unknown> | null }
  return data ?? undefined
}

/** The value below which a share of all lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
}

/** Milliseconds that something takes. */
export async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now()
  await act()
  return performance.now() - began
}

/** How often something can be asked for in a second, by eight who ask without a pause. */
export async function ratePerSecond(asks: readonly (() => Promise<unknown>)[], seconds: number) {
  const end = performance.now() + seconds * 1_000
  let count = 0
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      while (performance.now() < end) await asks[count++ % asks.length]!()
    }),
  )
  return count / seconds
}

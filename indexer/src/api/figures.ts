import { count, eq } from 'ponder'
import { db } from 'ponder:api'
import { chain, settlement } from 'ponder:schema'
import type { ServedChain } from './chains.ts'
import { readProgress } from './progress.ts'

const lastsMillis = 5_000

/**
 * Makes what tells how the indexer does, in the words of Prometheus. The database is asked every few seconds at most, for a row a chain and
 * along an index of the few settlements whose data is awaited.
 */
export function figuresReader(chains: ReadonlyMap<number, ServedChain>): () => Promise<string> {
  let last: { at: number; text: Promise<string> } | undefined
  return () => {
    if (!last || Date.now() - last.at > lastsMillis) last = { at: Date.now(), text: read(chains) }
    return last.text
  }
}

async function read(chains: ReadonlyMap<number, ServedChain>): Promise<string> {
  const [progress, totals, waiting] = await Promise.all([
    readProgress().catch(() => undefined),
    db
      .select()
      .from(chain)
      .catch(() => []),
    waitingBatches().catch(() => []),
  ])
  const each = await Promise.all(
    [...chains.values()].map(async ({ chainId, readHead }) => {
      const { latest } = await readHead()
      const block = progress?.get(chainId)?.block
      const lag = latest !== undefined && block !== undefined ? latest - block : undefined
      return { labels: `{chain="${chainId}"}`, block, latest, lag }
    }),
  )
  return [
    ...gauge(
      'assay_block',
      'Last block indexed.',
      each.map(({ labels, block }) => [labels, block]),
    ),
    ...gauge(
      'assay_chain_head',
      'Last block of the chain, by its endpoint.',
      each.map(({ labels, latest }) => [labels, latest]),
    ),
    ...gauge(
      'assay_lag_blocks',
      'Blocks behind the chain.',
      each.map(({ labels, lag }) => [labels, lag]),
    ),
    ...gauge(
      'assay_pending_batches',
      'External batches whose data is awaited.',
      [...chains.keys()].map((chainId) => [
        `{chain="${chainId}"}`,
        waiting.find((it) => it.chainId === BigInt(chainId))?.batches ?? 0,
      ]),
    ),
    ...gauge(
      'assay_inferences',
      'Inferences that are settled, by the state of their batch data.',
      totals.flatMap((row) => {
        const { chainId, inferences, available, unavailable, invalid } = row
        const pending = inferences - available - unavailable - invalid
        return Object.entries({ available, pending, unavailable, invalid }).map(
          ([state, value]): [string, bigint] => [`{chain="${chainId}",state="${state}"}`, value],
        )
      }),
    ),
    '',
  ].join('\n')
}

function waitingBatches() {
  return db
    .select({ chainId: settlement.chainId, batches: count() })
    .from(settlement)
    .where(eq(settlement.dataState, 'pending'))
    .groupBy(settlement.chainId)
}

type Value = bigint | number | undefined

/** What is not known has no line. */
function gauge(name: string, help: string, values: readonly (readonly [string, Value])[]) {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} gauge`,
    ...values.flatMap(([labels, value]) =>
      value === undefined ? [] : [`${name}${labels} ${String(value)}`],
    ),
  ]
}

import { BaseError } from '../errors/base.ts'
import type { IndexerClient } from './client.ts'
import {
  findInferences,
  type FindInferencesParameters,
  type FoundInference,
} from './findInferences.ts'
import { getIndexedRows } from './rows.ts'

export type WatchInferencesParameters = Omit<
  FindInferencesParameters,
  'limit' | 'after' | 'verify'
> & {
  /** Called with inferences that were not there before, in the order of the chain; each once. */
  onInferences: (inferences: FoundInference[]) => void
  /** Called when an asking failed; the next one follows. Default: nothing. */
  onError?: ((error: BaseError) => void) | undefined
  /**
   * Position behind which to begin, such as the last one seen; of several chains, all of a chain with a higher id is behind it. Default: only
   * what comes from now on.
   */
  after?: bigint | undefined
  /** Milliseconds between askings. Default: 1,000. */
  pollingInterval?: number | undefined
  /** So many blocks back are looked at again each time, for what a reorganization brought. Default: 30. */
  reorganizationDepth?: number | undefined
}

const limit = 1_000
/** Positions have the chain's id above their last 128 bits, and the place in a block in their last 64. */
const chainSize = 1n << 128n

/**
 * Tells of inferences as they are settled, by asking again and again. What a reorganization takes away is not told of.
 *
 * @returns What ends it.
 */
export function watchInferences(
  client: IndexerClient,
  parameters: WatchInferencesParameters,
): () => void {
  const { onInferences, onError, after, pollingInterval = 1_000, ...rest } = parameters
  const { reorganizationDepth = 30, ...filters } = rest
  const depth = BigInt(reorganizationDepth) << 64n
  const ending = new AbortController()
  const { signal } = ending
  /** Positions of what was told and may be met again, by their ids. */
  const told = new Map<string, bigint>()
  /** Of each chain, where it was begun and what was seen last. */
  const seen = new Map<bigint, { begin: bigint; last: bigint }>()
  let begun = false

  /** Of a chain, by its first position; undefined: all that is there was seen. */
  function given(first: bigint): bigint | undefined {
    if (after === undefined || after >= first + chainSize) return undefined
    return after > first ? after : first
  }

  async function ask(): Promise<void> {
    const chainIds =
      filters.chainId === undefined ? await chainsOf(client) : [BigInt(filters.chainId)]
    for (const chainId of chainIds) {
      const first = chainId << 128n
      if (!seen.has(chainId)) {
        const begin = begun ? first : (given(first) ?? (await lastPosition(client, first)))
        seen.set(chainId, { begin, last: begin })
      }
      await askChain(Number(chainId), seen.get(chainId)!)
    }
    begun = true
    for (const [id, position] of told) {
      const { last } = seen.get(position >> 128n)!
      if (position <= last - depth) told.delete(id)
    }
  }

  async function askChain(chainId: number, at: { begin: bigint; last: bigint }): Promise<void> {
    const from = at.last - depth > at.begin ? at.last - depth : at.begin
    for (let cursor: string | undefined = String(from); cursor !== undefined;) {
      const page = await findInferences(client, { ...filters, chainId, limit, after: cursor })
      if (signal.aborted) return
      const fresh = page.items.filter(({ inferenceId }) => !told.has(inferenceId))
      for (const { inferenceId, position } of fresh) {
        told.set(inferenceId, position)
        if (position > at.last) at.last = position
      }
      if (fresh.length > 0) onInferences(fresh)
      cursor = page.endCursor
    }
  }

  async function run(): Promise<void> {
    try {
      await ask()
    } catch (error) {
      // Anything else was thrown by who is told.
      if (!(error instanceof BaseError)) throw error
      if (!signal.aborted) onError?.(error)
    }
    if (signal.aborted) return
    const timer = setTimeout(() => void run(), pollingInterval)
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true })
  }

  void run()
  return () => ending.abort()
}

async function chainsOf(client: IndexerClient): Promise<bigint[]> {
  const { items } = await getIndexedRows(client, 'chain', { limit: 1_000 })
  return items.map(({ chainId }) => chainId)
}

async function lastPosition(client: IndexerClient, first: bigint): Promise<bigint> {
  const where = { position_gte: first, position_lt: first + chainSize }
  const { items } = await getIndexedRows(client, 'inference', { where, order: 'desc', limit: 1 })
  return items[0]?.position ?? first
}

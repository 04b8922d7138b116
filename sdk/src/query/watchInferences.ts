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
  /** Position behind which to begin, such as the last one seen. Default: only what comes from now on. */
  after?: bigint | undefined
  /** Milliseconds between askings. Default: 1,000. */
  pollingInterval?: number | undefined
  /** So many blocks back are looked at again each time, for what a reorganization brought. Default: 30. */
  reorganizationDepth?: number | undefined
}

const limit = 1_000

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
  // The last 64 bits of a position are the place in its block.
  const depth = BigInt(reorganizationDepth) << 64n
  const ending = new AbortController()
  const { signal } = ending
  /** Positions of what was told and may be met again, by their ids. */
  const told = new Map<string, bigint>()
  let begin = after
  let last = 0n

  async function ask(): Promise<void> {
    begin ??= await lastPosition(client)
    const from = last - depth > begin ? last - depth : begin
    for (let cursor: string | undefined = String(from); cursor !== undefined;) {
      const page = await findInferences(client, { ...filters, limit, after: cursor })
      if (signal.aborted) return
      const fresh = page.items.filter(({ inferenceId }) => !told.has(inferenceId))
      for (const { inferenceId, position } of fresh) {
        told.set(inferenceId, position)
        if (position > last) last = position
      }
      if (fresh.length > 0) onInferences(fresh)
      cursor = page.endCursor
    }
    for (const [id, position] of told) if (position <= last - depth) told.delete(id)
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

async function lastPosition(client: IndexerClient): Promise<bigint> {
  const { items } = await getIndexedRows(client, 'inference', { order: 'desc', limit: 1 })
  return items[0]?.position ?? 0n
}

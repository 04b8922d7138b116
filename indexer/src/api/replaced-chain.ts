import { sql } from 'ponder'
import { db } from 'ponder:api'
import { replacedChainExitCode } from '../../process.ts'
import { askRpc, readQuantity } from '../../rpc.ts'
import { endWith } from './ending.ts'
import { readProgress } from './progress.ts'

const pauseMillis = 3_000
const timeoutMillis = 2_000

type Block = { number: bigint; hash?: string; timestamp: bigint }

/**
 * Ends the process when the chain is not the one that was indexed: it was started anew, or a reorganization went deeper than what counts as
 * final. Ponder would warn for ten minutes, or mix both; whoever runs it clears the database and starts again.
 */
export function endWithReplacedChain(chainId: number, rpcUrls: readonly string[]): void {
  let found = 0
  const look = async () => {
    try {
      const blocks = await finalBlocks(chainId)
      const differs = (await Promise.all(blocks.map((it) => isOther(rpcUrls[0]!, it)))).includes(
        true,
      )
      found = differs ? found + 1 : 0
    } catch {
      // Nothing is indexed yet, or the endpoint is down: neither says that the chain is another one.
    }
    // Twice, so that nothing rests on one answer.
    if (found < 2) {
      setTimeout(() => void look(), found ? 200 : pauseMillis).unref()
      return
    }
    endWith(
      replacedChainExitCode,
      `Chain ${chainId} is not the one that was indexed: all is indexed anew`,
    )
  }
  void look()
}

/** Blocks of which nothing should ever change. */
async function finalBlocks(chainId: number): Promise<Block[]> {
  const [cached, progress] = await Promise.all([
    select<{ number: string; hash: string; timestamp: string }>(
      sql`select number, hash, timestamp from ponder_sync.blocks
          where chain_id = ${chainId} order by number desc limit 1`,
    ),
    readProgress(),
  ])
  const finalized = progress.get(chainId)?.finalized
  return [
    ...cached.map((it) => ({
      number: BigInt(it.number),
      hash: it.hash,
      timestamp: BigInt(it.timestamp),
    })),
    ...(finalized ? [{ number: finalized.block, timestamp: finalized.timestamp }] : []),
  ]
}

async function select<T>(query: ReturnType<typeof sql>): Promise<T[]> {
  const result: unknown = await db.execute(query)
  return (result as { rows: T[] }).rows
}

/** An endpoint that has no such block says nothing: it may be behind. */
async function isOther(url: string, { number, hash, timestamp }: Block): Promise<boolean> {
  const answer = await askRpc(
    url,
    'eth_getBlockByNumber',
    [`0x${number.toString(16)}`, false],
    timeoutMillis,
  ).catch(() => undefined)
  const block = answer as { hash?: unknown; timestamp?: unknown } | undefined
  if (!block) return false
  return (hash !== undefined && block.hash !== hash) || readQuantity(block.timestamp) !== timestamp
}

import { askRpc, readQuantity } from '../../rpc.ts'

/** What an endpoint says of the chain; undefined: it gives no usable answer. */
export type ChainHead = {
  latest: bigint | undefined
  /** The last block that no reorganization can take back, where the chain tells. */
  finalized: bigint | undefined
}

const lastsMillis = 500
const timeoutMillis = 2_000

/**
 * Makes what tells the chain's head. Asked at most twice a second, whoever asks; of several endpoints, the one that is furthest counts,
 * so that a stale one hides nothing.
 */
export function chainHeadReader(urls: readonly string[]): () => Promise<ChainHead> {
  let last: { at: number; head: Promise<ChainHead> } | undefined
  return () => {
    if (!last || Date.now() - last.at > lastsMillis) last = { at: Date.now(), head: read(urls) }
    return last.head
  }
}

async function read(urls: readonly string[]): Promise<ChainHead> {
  const heads = await Promise.all(
    urls.map(async (url) => {
      const [latest, finalized] = await Promise.all(
        [
          askRpc(url, 'eth_blockNumber', [], timeoutMillis).then(readQuantity),
          askRpc(url, 'eth_getBlockByNumber', ['finalized', false], timeoutMillis).then((block) =>
            readQuantity((block as { number?: unknown }).number),
          ),
        ].map((answer) => answer.catch(() => undefined)),
      )
      return { latest, finalized }
    }),
  )
  return {
    latest: furthest(heads.map(({ latest }) => latest)),
    finalized: furthest(heads.map(({ finalized }) => finalized)),
  }
}

function furthest(blocks: readonly (bigint | undefined)[]): bigint | undefined {
  return blocks.reduce((a, b) => (a === undefined || (b !== undefined && b > a) ? b : a), undefined)
}

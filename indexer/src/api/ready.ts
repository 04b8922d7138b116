import type { ServedChain } from './chains.ts'
import { readProgress } from './progress.ts'

/** Whether what is asked for now is what the chains say now. */
export type Readiness = {
  ready: boolean
  chains: Record<string, ChainReadiness>
}

type ChainReadiness = {
  ready: boolean
  /** Last block indexed; null: there is none. */
  block: bigint | null
  /** The chain's last block, by the endpoint; null: it gives no usable answer. */
  head: bigint | null
}

/** Tells whether the data is within `blocks` of each chain's head, and the endpoints answer. */
export async function readiness(
  chains: ReadonlyMap<number, ServedChain>,
  blocks: number,
): Promise<Readiness> {
  const progress = await readProgress().catch(() => undefined)
  const each = await Promise.all(
    [...chains.values()].map(async ({ chainId, readHead }): Promise<[number, ChainReadiness]> => {
      const { latest: head } = await readHead()
      const block = progress?.get(chainId)?.block
      const ready = head !== undefined && block !== undefined && block + BigInt(blocks) >= head
      return [chainId, { ready, block: block ?? null, head: head ?? null }]
    }),
  )
  return { ready: each.every(([, { ready }]) => ready), chains: Object.fromEntries(each) }
}

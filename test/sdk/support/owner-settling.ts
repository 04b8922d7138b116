import type { Submit } from '@assay/sdk'
import { accountOf } from '../../indexer/support/chain.ts'
import type { Session } from './session.ts'

/** Hands batches in by the owner's own transaction, in the place of the session key. */
export function byOwner({ chain }: Session): Submit {
  const { log } = chain.as(accountOf(1))
  return async ({ place, batch }) => {
    const data = `0x${Buffer.from(batch.data).toString('hex')}` as const
    const hash = await log.write.settleInline([place, batch.first, batch.count, batch.root, data])
    return { transactionHash: (await chain.mined(hash)).transactionHash }
  }
}

import type { InferenceReceipt } from '@assay/sdk'
import { type Address, type Hex, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { accountOf } from '../../indexer/support/chain.ts'
import type { Session } from './session.ts'
import { singleBatch, type Speaker } from './single-batch.ts'

/** A batch of one inference that a key has signed and that is not on chain, with the ways to bring it there. */
export type SignedBatch = {
  receipt: InferenceReceipt
  /** By anybody, as the signature allows. */
  handIn: () => Promise<unknown>
  /** By the owner, in the key's place. */
  settleByOwner: () => Promise<unknown>
}

/**
 * @param declared - What the inference says of itself; `servedAt` in Unix ms.
 * @param sign - Default: the session key does.
 */
export async function signBatch(
  { chain, owner }: Pick<Session, 'chain'> & { owner: Address },
  sessionKey: Hex,
  declared: { servedAt: number; environmentId?: Hex },
  sign?: Speaker['sign'],
): Promise<SignedBatch> {
  const account = privateKeyToAccount(sessionKey)
  const { servedAt, ...ids } = declared
  const { receipt, batch, place, signature } = await singleBatch(
    chain,
    'inline',
    {
      ...{ owner, sessionKey: account.address },
      sign: sign ?? ((typedData) => account.signTypedData(typedData)),
    },
    { ...ids, servedAt: BigInt(servedAt) },
  )
  const call = [place, batch.first, batch.count, batch.root, toHex(batch.data)] as const
  return {
    receipt,
    async handIn() {
      const { log } = chain.as(accountOf(3))
      return chain.mined(await log.write.settleInlineBySig([...call, signature]))
    },
    async settleByOwner() {
      const { log } = chain.as(accountOf(1))
      return chain.mined(await log.write.settleInline([...call]))
    },
  }
}

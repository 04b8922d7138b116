import { inferenceLogAbi } from '@assay/sdk/abi'
import { decodeBatchData, inferenceIdOf } from '@assay/sdk/formats'
import type { Address, Hex } from 'viem'
import type { LocalChain } from '../../indexer/support/chain.ts'

/** Ids of all inferences that were settled inline by a session key, read from the data on chain; one settled twice stands twice. */
export async function settledInline(chain: LocalChain, sessionKey: Address): Promise<Hex[]> {
  const address = chain.addresses.inferenceLog
  const range = { abi: inferenceLogAbi, address, fromBlock: 0n } as const
  const { client } = chain
  const opened = await client.getContractEvents({ ...range, eventName: 'InferenceLogOpened' })
  const own = new Set(
    opened.filter(({ args }) => args.sessionKey === sessionKey).map(({ args }) => args.logId),
  )
  const settled = await client.getContractEvents({ ...range, eventName: 'BatchSettledInline' })
  return settled.flatMap(({ args }) => {
    const { logId, first, data } = args as { logId: Hex; first: bigint; data: Hex }
    if (!own.has(logId)) return []
    return decodeBatchData(data).map((record, i) =>
      inferenceIdOf({ logId, sequence: first + BigInt(i), ...record }),
    )
  })
}

import {
  batchTypedData,
  buildBatch,
  type BatchMode,
  commitmentOf,
  createReceipt,
  fieldLeafHash,
  type InferenceReceipt,
  logIdOf,
  standardFields,
} from '@assay/sdk'
import { type Address, type Hex, stringToBytes, toHex, zeroHash } from 'viem'
import type { LocalChain } from '../../indexer/support/chain.ts'

/** Who speaks for a batch. */
export type Speaker = {
  owner: Address
  sessionKey: Address
  sign: (typedData: ReturnType<typeof batchTypedData>) => Promise<Hex>
}

/** Makes a batch of one inference by hand, for what no recorder does; nothing of it is on chain. */
export async function singleBatch(
  { chainId, addresses }: Pick<LocalChain, 'chainId' | 'addresses'>,
  mode: BatchMode,
  { owner, sessionKey, sign }: Speaker,
  declared: { servedAt?: bigint; environmentId?: Hex } = {},
) {
  const { inferenceLog } = addresses
  const place = { chainId, inferenceLog, owner, sessionKey, instance: zeroHash as Hex }
  const fields = standardFields.map((name, i) => ({
    name,
    salt: new Uint8Array(32).fill(i),
    value: stringToBytes(name),
  }))
  const inference = {
    logId: logIdOf(place),
    modelId: zeroHash,
    environmentId: zeroHash,
    commitment: toHex(commitmentOf(fields.map((field) => fieldLeafHash(field)))),
    sequence: 0n,
    servedAt: 1_790_000_000_000n,
    ...declared,
  }
  const batch = buildBatch(inference.logId, 0n, [inference], mode)
  const signature = await sign(batchTypedData(batch, chainId, inferenceLog))
  const receipt: InferenceReceipt = createReceipt({ place, inference, fields, batch, signature })
  return { place, batch, signature, receipt }
}

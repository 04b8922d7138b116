import { readFile } from 'node:fs/promises'
import type { InferenceReceipt } from '@assay/sdk'
import {
  batchTypedData,
  buildBatch,
  createReceipt,
  type Inference,
  logIdOf,
} from '@assay/sdk/formats'
import { keccak256, toHex, zeroHash } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'

export const receipts = JSON.parse(
  await readFile(new URL('../../vectors/receipts.json', import.meta.url), 'utf8'),
) as InferenceReceipt[]

/** A receipt of each of so many inferences that share a batch. */
export async function receiptsOfBatch(count: number, first = 0n) {
  const privateKey = generatePrivateKey()
  const account = privateKeyToAccount(privateKey)
  const place = {
    chainId: 31337,
    inferenceLog: '0x00000000000000000000000000000000000000aa',
    owner: '0x00000000000000000000000000000000000000bb',
    sessionKey: account.address,
    instance: keccak256(toHex('instance')),
  } as const
  const logId = logIdOf(place)
  const inferences = Array.from({ length: count }, (_, i): Inference => ({
    ...{ logId, modelId: zeroHash, environmentId: zeroHash },
    commitment: keccak256(toHex(i)),
    sequence: first + BigInt(i),
    servedAt: 1_790_000_000_000n,
  }))
  const batch = buildBatch(logId, first, inferences, 'external')
  const signature = await account.signTypedData(
    batchTypedData(batch, place.chainId, place.inferenceLog),
  )
  const fields = Array.from({ length: 9 }, () => ({
    name: '',
    value: new Uint8Array(0),
    salt: new Uint8Array(32),
  }))
  const made = inferences.map((inference) =>
    createReceipt({ place, inference, fields, batch, signature }),
  )
  return { privateKey, address: account.address, receipts: made }
}

import { randomBytes } from 'node:crypto'
import type { InferenceReceipt } from '@assay/sdk'
import {
  batchTypedData,
  buildBatch,
  commitmentOf,
  createReceipt,
  fieldLeafHash,
  inferencesOf,
  logIdOf,
  standardFields,
  unregistered,
} from '@assay/sdk/formats'
import { toHex } from 'viem'
import { accountOf } from '../../indexer/support/chain.ts'
import type { Session } from './session.ts'

/** Settles a batch whose data stays elsewhere, signed by the session key and handed in by another; gives its receipts. */
export async function settleExternally(
  { chain, owner, sessionAccount }: Session,
  count: number,
): Promise<InferenceReceipt[]> {
  const place = {
    ...{ chainId: chain.chainId, inferenceLog: chain.addresses.inferenceLog, owner },
    ...{ sessionKey: sessionAccount.address, instance: toHex(randomBytes(32)) },
  }
  const fields = standardFields.map((name) => {
    return { name, salt: randomBytes(32), value: Buffer.from(name) }
  })
  const commitment = toHex(commitmentOf(fields.map(fieldLeafHash)))
  const ids = { modelId: unregistered, environmentId: unregistered, commitment }
  const records = Array.from({ length: count }, (_, i) => ({ ...ids, servedAt: BigInt(i) }))
  const batch = buildBatch(logIdOf(place), 0n, records, 'external')
  const signature = await sessionAccount.signTypedData(
    batchTypedData(batch, chain.chainId, place.inferenceLog),
  )
  await chain.mined(
    await chain
      .as(accountOf(3))
      .log.write.settleExternalBySig([
        place,
        batch.first,
        batch.count,
        batch.root,
        batch.dataDigest,
        '0x',
        signature,
      ]),
  )
  return inferencesOf(batch.logId, 0n, records).map((inference) =>
    createReceipt({ place, inference, fields, batch, signature }),
  )
}

import {
  batchDigest,
  buildBatch,
  commitmentOf,
  createReceipt,
  fieldLeafHash,
  type Inference,
  logIdOf,
  orderFields,
  saltFields,
} from '@assay/sdk/formats'
import type { InferenceReceipt } from '@assay/sdk'
import { type Hex, hexToBytes, stringToBytes, toHex } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import type { Craft, ValueMutation } from './mutation.ts'

/** Who is said to have recorded: the one whose receipt was at hand, with the forger's key, or with its own, which signed nothing. */
function placeOf({ random, base: { receipt } }: Craft, key: Hex) {
  const { log } = receipt
  const place = { ...log, chainId: Number(log.chainId) }
  return random.pick([
    place,
    { ...place, sessionKey: key },
    { ...place, sessionKey: key, owner: key },
    { ...place, owner: key },
    { ...place, instance: random.hex(32) },
  ])
}

/**
 * A receipt in which everything fits together, by arithmetic and by the forger's signature, of an exchange that never was: only
 * the chain, and whose key it is, can tell.
 */
export const forge: ValueMutation = async (_, craft) => {
  const { random, world, base } = craft
  const { inference: victim, batch: honest } = base.receipt
  const account = privateKeyToAccount(random.pick(world.attackers))
  const place = placeOf(craft, account.address.toLowerCase() as Hex)
  const logId = logIdOf(place)
  const count = random.pick([1, 2, Math.min(Number(honest.count), 70)])
  const first = random.chance(0.5) ? BigInt(honest.first) : BigInt(random.below(100))
  const fieldsAt = (i: number) =>
    saltFields(
      orderFields({ outcome: stringToBytes('complete'), 'model.returned': stringToBytes('gpt-9') }),
      hexToBytes(random.hex(32)),
      hexToBytes(logId),
      first + BigInt(i),
    )
  const fields = Array.from({ length: count }, (_, i) => fieldsAt(i))
  const inferences = fields.map((salted, i): Inference => ({
    ...{ logId, modelId: victim.modelId, environmentId: victim.environmentId },
    commitment: toHex(commitmentOf(salted.map((field) => fieldLeafHash(field)))),
    sequence: first + BigInt(i),
    servedAt: BigInt(victim.servedAt),
  }))
  const batch = buildBatch(logId, first, inferences, honest.mode)
  const hash = batchDigest(batch, place.chainId, place.inferenceLog)
  const signature = await account.sign({ hash })
  const i = random.below(count)
  const parts = { place, inference: inferences[i]!, fields: fields[i]!, batch, signature }
  return { ...createReceipt(parts), ...borrowed(craft) }
}

/** What of the honest receipt is shown with a forged one. */
function borrowed({ random, base }: Craft): Partial<InferenceReceipt> {
  return random.pick([
    {},
    { hints: base.hints },
    { batch: structuredClone(base.receipt.batch) },
    { fields: structuredClone(base.receipt.fields) },
    { inference: structuredClone(base.receipt.inference) },
    { log: structuredClone(base.receipt.log) },
    { inferenceId: base.receipt.inferenceId },
  ])
}

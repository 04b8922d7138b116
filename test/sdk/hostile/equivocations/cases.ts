import {
  batchDigest,
  buildBatch,
  createReceipt,
  fieldLeafHash,
  commitmentOf,
  logIdOf,
  orderFields,
  saltFields,
} from '@assay/sdk/formats'
import { equivocationSchema } from '@assay/sdk/formats'
import { type Hex, hexToBytes, stringToBytes, toHex, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { createRandom, type Random } from '../../../contracts/support/random.ts'
import type { HostileCase } from '../cases.ts'
import { textMutations, valueMutations } from '../mutations/index.ts'
import type { Json } from '../mutations/mutation.ts'
import type { World } from '../world/world.ts'

export type HostileEquivocation = Pick<HostileCase, 'seed' | 'index' | 'mutations'> & {
  input: unknown
}

/** Makes the proof of a number that somebody contradicted itself; the same one each time. Only attackers ever did. */
export async function makeEquivocation(
  world: World,
  seed: number,
  index: number,
): Promise<HostileEquivocation> {
  const random = createRandom(Math.imul(seed ^ Math.imul(index + 1, 0x9e3779b1), 0x27d4eb2f))
  const base = random.pick(world.honest)
  const mutations = ['equivocation']
  const choose = <T>(from: Record<string, T>): T => {
    const name = random.pick(Object.keys(from))
    mutations.push(name)
    return from[name] as T
  }
  const craft = { random, world, base }
  const alike = world.honest.filter((it) => it.receipt.log.instance === base.receipt.log.instance)
  const one = structuredClone(base.receipt)
  let other: Json = structuredClone(random.pick(alike).receipt)
  if (random.chance(0.5)) other = asObject(await choose(valueMutations)(other, craft))
  let proof: Json = random.chance(0.3)
    ? await realContradiction(random, world)
    : proofOf(one.log, random.pick([one.inference.sequence, '0']), [one, other])
  if (random.chance(0.4)) proof = asObject(await choose(valueMutations)(proof, craft))
  const text = JSON.stringify(proof)
  const input = random.chance(0.2) ? choose(textMutations)(text, craft) : text
  return { seed, index, mutations, input }
}

const asObject = (value: unknown) =>
  (typeof value === 'object' && value !== null ? structuredClone(value) : {}) as Json

const proofOf = (
  log: unknown,
  sequence: string,
  statements: { inferenceId?: unknown; batch?: unknown }[],
): Json => ({
  ...{ schema: equivocationSchema, log, sequence },
  statements: statements.map(({ inferenceId, batch }) => ({ inferenceId, batch })),
})

/** Two statements that an attacker's key really signed. */
async function realContradiction(random: Random, world: World): Promise<Json> {
  const account = privateKeyToAccount(random.pick(world.attackers))
  const { log } = random.pick(world.honest).receipt
  const place = {
    ...log,
    chainId: Number(log.chainId),
    sessionKey: account.address.toLowerCase() as Hex,
  }
  const logId = logIdOf(place)
  const statement = async () => {
    const fields = saltFields(
      orderFields({ outcome: stringToBytes('complete') }),
      hexToBytes(random.hex(32)),
      hexToBytes(logId),
      0n,
    )
    const inference = {
      ...{ logId, modelId: zeroHash, environmentId: zeroHash, sequence: 0n, servedAt: 0n },
      commitment: toHex(commitmentOf(fields.map((field) => fieldLeafHash(field)))),
    }
    const batch = buildBatch(logId, 0n, [inference], 'inline')
    const signature = await account.sign({
      hash: batchDigest(batch, place.chainId, place.inferenceLog),
    })
    return createReceipt({ place, inference, fields, batch, signature })
  }
  const [one, other] = [await statement(), await statement()]
  return proofOf(one.log, '0', [one, other])
}

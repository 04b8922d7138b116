import type { Craft, ValueMutation } from './mutation.ts'

const digits = ({ random }: Craft) =>
  random.pick([
    '0',
    String(random.below(100)),
    String(random.below(2 ** 32)),
    String(2n ** 64n - 1n - BigInt(random.below(3))),
    String(2n ** 32n - 1n),
  ])

/** A receipt of the right form that was made of nothing, with parts of honest ones or without. */
export const generate: ValueMutation = (_, craft) => {
  const { random, world } = craft
  const { receipt } = random.pick(world.honest)
  const mostly = <T>(honest: T, made: T) => (random.chance(0.5) ? honest : made)
  const list = (length: number) => Array.from({ length }, () => random.hex(32))
  return {
    schema: receipt.schema,
    inferenceId: mostly(receipt.inferenceId, random.hex(32)),
    log: {
      chainId: mostly(receipt.log.chainId, String(random.below(2 ** 40))),
      inferenceLog: mostly(receipt.log.inferenceLog, random.hex(20)),
      owner: mostly(receipt.log.owner, random.hex(20)),
      sessionKey: mostly(receipt.log.sessionKey, random.hex(20)),
      instance: mostly(receipt.log.instance, random.hex(32)),
    },
    inference: {
      modelId: mostly(receipt.inference.modelId, random.hex(32)),
      environmentId: mostly(receipt.inference.environmentId, random.hex(32)),
      commitment: mostly(receipt.inference.commitment, random.hex(32)),
      sequence: mostly(receipt.inference.sequence, digits(craft)),
      servedAt: mostly(receipt.inference.servedAt, digits(craft)),
    },
    fields: {
      leafHashes: mostly<string[]>(receipt.fields.leafHashes, list(9 + random.below(8))),
      opened: mostly(receipt.fields.opened, openings(craft)),
    },
    batch: {
      first: mostly(receipt.batch.first, digits(craft)),
      count: mostly(receipt.batch.count, String(random.below(2 ** random.below(33)))),
      root: mostly(receipt.batch.root, random.hex(32)),
      mode: random.pick(['inline', 'external']),
      dataDigest: mostly(receipt.batch.dataDigest, random.hex(32)),
      signature: mostly(
        receipt.batch.signature,
        random.hex(random.pick([0, 64, 65, 65, 65, 4_096])),
      ),
      proof: mostly<string[]>(receipt.batch.proof, list(random.below(33))),
    },
    hints: random.pick([{}, receipt.hints, { uri: 'x' }, { transactionHash: random.hex(32) }]),
  }
}

function openings(craft: Craft) {
  const { random } = craft
  return Array.from({ length: random.below(17) }, (_, i) => ({
    index: random.chance(0.8) ? String(i) : String(random.below(65_536)),
    name: random.pick(['outcome', 'usage', 'x', '', '\u202e', 'request.sha256', 'a'.repeat(256)]),
    salt: random.hex(32),
    value: random.hex(random.below(40)),
  }))
}

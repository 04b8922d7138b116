import { messageLeafHash, messagesValue } from '@assay/sdk/formats'
import { type Hex, hexToBytes, toHex } from 'viem'
import type { InferenceReceipt } from '@assay/sdk'
import type { Craft, Json, ValueMutation } from './mutation.ts'
import { listAt, objectAt, put } from './places.ts'

type Messages = NonNullable<InferenceReceipt['messages']>

/** The messages of some honest receipt that has any. */
function othersOf({ random, world }: Craft): Messages {
  const some = world.honest.flatMap(({ receipt: { messages } }) => (messages ? [messages] : []))
  return structuredClone(random.pick(some))
}

/** The same mutation, of a receipt that shows messages: where this one has none, of one of its neighbours that has. */
const ofMessages =
  (mutation: ValueMutation): ValueMutation =>
  (receipt, craft) => {
    if (receipt.messages !== undefined) return mutation(receipt, craft)
    const { random, world } = craft
    const base = random.pick(world.honest.filter((it) => it.receipt.messages))
    return mutation(structuredClone(base.receipt), { ...craft, base })
  }

/** A message is shown at another place, twice, with another digest or text, or one that was never there. */
export const changeMessage = ofMessages((receipt, craft) => {
  const { random } = craft
  const opened = listAt(receipt, 'messages', 'opened')
  const message = objectAt(opened.length > 0 ? random.pick(opened) : undefined)
  const { opened: others } = othersOf(craft)
  random.pick<() => unknown>([
    () => (message.index = String(random.below(20))),
    () => (message.index = String(Number(message.index) + 65_536)),
    () => (message.sha256 = random.hex(32)),
    () => (message.salt = random.hex(32)),
    // The same bytes in a row, the other way round.
    () => Object.assign(message, { salt: message.sha256, sha256: message.salt }),
    () => (message.json = random.pick(['', '{}', '"yes"', '{"role":"user","content":"yes"}'])),
    () => (message.json = textsIn(craft)[Number(message.index) + 1] ?? 'null'),
    () => (message.json = `${textsIn(craft)[Number(message.index)] ?? ''} `),
    () => opened.push({ ...message }),
    () => opened.push({ ...message, index: `0${String(message.index)}` }),
    () => opened.push(structuredClone(random.pick(others))),
    () => opened.push({ index: '0', salt: random.hex(32), sha256: random.hex(32) }),
  ])()
  return receipt
})

/** Leaf hashes of messages in another reading: fewer, more, of another receipt, or nodes of their tree in the place of leaves. */
export const changeMessageLeaves = ofMessages((receipt, craft) => {
  const { random } = craft
  const leaves = listAt(receipt, 'messages', 'leafHashes') as Hex[]
  const { value } = boundBy(receipt)
  const others = random.pick([
    () => othersOf(craft).leafHashes,
    () => leaves.toReversed(),
    () => leaves.slice(0, -1),
    () => [...leaves, random.pick(leaves.length > 0 ? leaves : [random.hex(32)])],
    () => [`0x${String(value).slice(10)}`],
    () => [],
    () => Array.from({ length: 1_025 }, () => leaves[0] ?? random.hex(32)),
  ])()
  put(receipt, ['messages', 'leafHashes'], others)
  return receipt
})

/** What binds the messages is hidden, doubled, another one's, or under another name; or nothing is left but what binds them. */
export const unbindMessages = ofMessages((receipt, craft) => {
  const { random, base } = craft
  const opened = listAt(receipt, 'fields', 'opened')
  const field = boundBy(receipt)
  const foreign = random.hex(36)
  random.pick<() => unknown>([
    () => put(receipt, ['fields', 'opened'], opened.toSpliced(opened.indexOf(field), 1)),
    () => opened.push({ ...field }),
    () => opened.push({ ...field, index: '9', value: foreign }),
    () => (field.value = foreign),
    () => (field.name = random.pick(['message', 'Messages', 'outcome', '__proto__'])),
    () => (field.index = String(random.below(16))),
    () => put(receipt, ['messages'], othersOf(craft)),
    () => put(receipt, ['fields'], structuredClone(base.receipt.fields)),
    () => put(receipt, ['messages'], { leafHashes: [], opened: [] }),
  ])()
  return receipt
})

/** Messages of the forger's own, which fit each other and the value that they are said to be bound by. */
export const forgeMessages = ofMessages((receipt, { random }) => {
  const count = 1 + random.below(4)
  const messages = Array.from({ length: count }, () => ({
    salt: hexToBytes(random.hex(32)),
    digest: hexToBytes(random.hex(32)),
  }))
  const leaves = messages.map(messageLeafHash)
  put(receipt, ['messages'], {
    leafHashes: leaves.map((leaf) => toHex(leaf)),
    opened: messages.map(({ salt, digest }, i) => ({
      ...{ index: String(i), salt: toHex(salt), sha256: toHex(digest) },
    })),
  })
  if (random.chance(0.8)) boundBy(receipt).value = toHex(messagesValue(leaves))
  return receipt
})

/** The field that binds messages; an object that belongs to nothing where there is none. */
function boundBy(receipt: Json): Json {
  return objectAt(
    listAt(receipt, 'fields', 'opened').find((field) => objectAt(field).name === 'messages'),
  )
}

const textsIn = ({ base }: Craft) => base.texts

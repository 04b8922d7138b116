/**
 * The record of a receipt judged anew, from the protocol's page and from nothing else: recursive, slow, with general encoders. It
 * judges the verifier, so it shares no line with it.
 */
import { createHash } from 'node:crypto'
import type { CheckStatus, InferenceReceipt } from '@assay/sdk'
import { encodeAbiParameters, type Hex, hexToBytes, keccak256 } from 'viem'
import { leafHash, treeHash } from '../../../vectors/rfc9162.ts'

/** Places of the fields that every commitment has. */
const standard = [
  ...['request.sha256', 'response.sha256', 'output.text.sha256', 'endpoint', 'model.requested'],
  ...['model.returned', 'outcome', 'usage', 'finish_reason'],
]

const abi = (types: string, values: readonly unknown[]) =>
  encodeAbiParameters(
    types.split(' ').map((type) => ({ type })),
    values,
  )
const hash = (...parts: Uint8Array[]): Buffer =>
  createHash('sha256').update(Buffer.concat(parts)).digest()
const same = (bytes: Uint8Array, hex: string) => `0x${Buffer.from(bytes).toString('hex')}` === hex

/** Id of the inference log that a receipt names. */
export function logIdBy({ log }: InferenceReceipt): Hex {
  const { chainId, inferenceLog, owner, sessionKey, instance } = log
  return keccak256(
    abi('uint256 address address address bytes32', [
      ...[BigInt(chainId), inferenceLog, owner, sessionKey, instance],
    ]),
  )
}

/** Whether the opened fields are those of the commitment. */
export function commitmentBy({ fields, inference }: InferenceReceipt): CheckStatus {
  const leaves = fields.leafHashes.map((it) => hexToBytes(it))
  if (!same(treeHash(leaves), inference.commitment)) return 'refuted'
  const places = new Set<string>()
  for (const { index, name, salt, value } of fields.opened) {
    const place = Number(index)
    const expected = standard[place]
    if (places.has(index)) return 'refuted'
    if (expected === undefined ? standard.includes(name) : name !== expected) return 'refuted'
    places.add(index)
    const entry = Buffer.concat([hexToBytes(salt), hash(Buffer.from(name)), hexToBytes(value)])
    if (!same(leafHash(entry), fields.leafHashes[place] ?? '')) return 'refuted'
  }
  return 'verified'
}

/** Whether the messages are those that the last field of the commitment binds; undefined if the receipt speaks of none. */
export function messagesBy({ fields, messages }: InferenceReceipt): CheckStatus | undefined {
  if (!messages) return undefined
  const bound = fields.opened.filter(({ name }) => name === 'messages')
  const leaves = messages.leafHashes.map((it) => hexToBytes(it))
  const number = Buffer.alloc(4)
  number.writeUInt32BE(leaves.length)
  const value = `0x${Buffer.concat([number, treeHash(leaves)]).toString('hex')}`
  const last = String(fields.leafHashes.length - 1)
  if (bound.length !== 1 || bound[0]?.index !== last || bound[0].value !== value) return 'refuted'
  const places = messages.opened.map(({ index }) => index)
  if (new Set(places).size < places.length) return 'refuted'
  const fits = messages.opened.every(({ index, salt, sha256, json }) => {
    const leaf = leafHash(Buffer.concat([hexToBytes(salt), hexToBytes(sha256)]))
    const isText = json === undefined || same(hash(Buffer.from(json)), sha256)
    return isText && same(leaf, messages.leafHashes[Number(index)] ?? '')
  })
  return fits ? 'verified' : 'refuted'
}

/** Whether the inference is in the batch. */
export function inclusionBy(receipt: InferenceReceipt): CheckStatus {
  const { inference, batch, inferenceId } = receipt
  const { modelId, environmentId, commitment, sequence, servedAt } = inference
  const values = [logIdBy(receipt), modelId, environmentId, commitment]
  const data = abi('bytes32 bytes32 bytes32 bytes32 uint64 uint64', [
    ...[...values, BigInt(sequence), BigInt(servedAt)],
  ])
  const leaf = leafHash(hexToBytes(data))
  const index = BigInt(sequence) - BigInt(batch.first)
  if (!same(leaf, inferenceId) || index < 0n || index >= BigInt(batch.count)) return 'refuted'
  const proof = batch.proof.map((it) => hexToBytes(it))
  const root = rootBy(leaf, Number(index), Number(batch.count), proof)
  return root && same(root, batch.root) ? 'verified' : 'refuted'
}

/** MTH(D_n) from a leaf and PATH(m, D_n), by the definition of PATH (RFC 9162, section 2.1.3.1) read backwards. */
function rootBy(leaf: Buffer, m: number, n: number, proof: Uint8Array[]): Buffer | undefined {
  if (n === 1) return proof.length === 0 ? leaf : undefined
  const sibling = proof.at(-1)
  if (!sibling) return undefined
  let k = 1
  while (k * 2 < n) k *= 2
  const rest = proof.slice(0, -1)
  const below = m < k ? rootBy(leaf, m, k, rest) : rootBy(leaf, m - k, n - k, rest)
  if (!below) return undefined
  return m < k ? hash(Buffer.of(1), below, sibling) : hash(Buffer.of(1), sibling, below)
}

// Checks receipts with nothing of Assay's: node:crypto for SHA-256, viem for keccak256, the signature and one read of the chain.
// Usage: ASSAY_RPC_URL=… ASSAY_INFERENCE_LOG=… node verify.mjs receipt.json …
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createPublicClient, encodeAbiParameters, http, keccak256, parseAbi, recoverTypedDataAddress } from 'viem'

const client = createPublicClient({ transport: http(process.env.ASSAY_RPC_URL) })
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const bytes = (hex) => Buffer.from(hex.slice(2), 'hex')
const hex = (buffer) => `0x${buffer.toString('hex')}`
const abi = (types, values) => encodeAbiParameters(types.split(' ').map((type) => ({ type })), values)
const leafOf = (data) => sha256(Buffer.from([0]), data) // RFC 9162, 2.1.1
const nodeOf = (left, right) => sha256(Buffer.from([1]), left, right)
function rootOf(leaves) { // the RFC's own recursion: split at the largest power of two below the size
  if (leaves.length === 1) return leaves[0]
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1)
  return nodeOf(rootOf(leaves.slice(0, split)), rootOf(leaves.slice(split)))
}
function climb(leaf, index, size, proof) { // undoes that recursion; the last hash of the proof is the sibling at the top
  if (size === 1) return proof.length === 0 ? leaf : assert.fail('the proof is too long')
  assert.ok(proof.length > 0, 'the proof is too short')
  const split = 2 ** Math.ceil(Math.log2(size) - 1)
  const [below, top] = [proof.slice(0, -1), proof.at(-1)]
  return index < split ? nodeOf(climb(leaf, index, split, below), top) : nodeOf(top, climb(leaf, index - split, size - split, below))
}

for (const file of process.argv.slice(2)) {
  const { inferenceId, log, inference, fields, batch } = JSON.parse(readFileSync(file, 'utf8'))
  assert.equal(log.inferenceLog, process.env.ASSAY_INFERENCE_LOG?.toLowerCase(), 'another contract than the one you believe')
  assert.equal(Number(log.chainId), await client.getChainId(), 'another chain')
  for (const { index, name, salt, value } of fields.opened) // the shown fields are the committed ones
    assert.equal(hex(leafOf(Buffer.concat([bytes(salt), sha256(Buffer.from(name)), bytes(value)]))), fields.leafHashes[index], name)
  assert.equal(hex(rootOf(fields.leafHashes.map(bytes))), inference.commitment, 'commitment')
  const logId = keccak256(abi('uint256 address address address bytes32', [BigInt(log.chainId), log.inferenceLog, log.owner, log.sessionKey, log.instance]))
  const leaf = leafOf(bytes(abi('bytes32 bytes32 bytes32 bytes32 uint64 uint64', [logId, inference.modelId, inference.environmentId, inference.commitment, BigInt(inference.sequence), BigInt(inference.servedAt)])))
  assert.equal(hex(leaf), inferenceId, 'inference id')
  const [index, size] = [Number(BigInt(inference.sequence) - BigInt(batch.first)), Number(batch.count)]
  assert.ok(index >= 0 && index < size, 'outside its batch')
  assert.equal(hex(climb(leaf, index, size, batch.proof.map(bytes))), batch.root, 'inclusion')
  const types = { Batch: ['bytes32 logId', 'uint64 first', 'uint32 count', 'bytes32 root', 'uint8 mode', 'bytes32 dataDigest'].map((t) => ({ type: t.split(' ')[0], name: t.split(' ')[1] })) }
  const signer = await recoverTypedDataAddress({ types, primaryType: 'Batch', signature: batch.signature, domain: { name: 'Assay', version: '1', chainId: Number(log.chainId), verifyingContract: log.inferenceLog }, message: { ...batch, logId, mode: { inline: 0, external: 1 }[batch.mode] } })
  assert.equal(signer.toLowerCase(), log.sessionKey, 'batch signature')
  const functions = parseAbi(['struct Settlement { uint64 first; uint32 count; uint64 settledAt; uint8 mode; bool signedByKey; }', 'function settlementOf(bytes32, bytes32) view returns (Settlement)'])
  const settled = await client.readContract({ address: log.inferenceLog, abi: functions, functionName: 'settlementOf', args: [logId, batch.root] })
  assert.ok(settled.settledAt > 0n && settled.signedByKey, 'settlement')
  assert.deepEqual([String(settled.first), settled.count], [batch.first, size], 'settlement')
  assert.ok(BigInt(inference.servedAt) <= (settled.settledAt + 300n) * 1000n, 'served after it was settled')
  console.log(`verified by hand: ${inferenceId}`)
}

// Checks receipts with nothing of Assay's: node:crypto for SHA-256; viem for keccak256, the signature and one read of the chain.
// ASSAY_RPC_URL=… ASSAY_INFERENCE_LOG=… node verify.mjs receipt.json …
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import * as viem from 'viem'

const { ASSAY_RPC_URL, ASSAY_INFERENCE_LOG } = process.env
const client = viem.createPublicClient({ transport: viem.http(ASSAY_RPC_URL) })
const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest()
const bytes = (hex) => Buffer.from(hex.slice(2), 'hex')
const abi = (types, ...values) => viem.encodeAbiParameters(viem.parseAbiParameters(types), values)

// RFC 9162, section 2.1: leaves, nodes, and the split at the largest power of two below the size.
const leaf = (data) => sha256(Buffer.of(0), data)
const node = (left, right) => sha256(Buffer.of(1), left, right)
const split = (size) => 2 ** Math.ceil(Math.log2(size) - 1)
const root = (tree, k = split(tree.length)) =>
  tree.length === 1 ? tree[0] : node(root(tree.slice(0, k)), root(tree.slice(k)))
function climb(hash, index, size, proof) {
  if (size === 1) return proof.length === 0 ? hash : assert.fail('the proof is too long')
  const [below, top = assert.fail('the proof is too short')] = [proof.slice(0, -1), proof.at(-1)]
  const k = split(size)
  if (index < k) return node(climb(hash, index, k, below), top)
  return node(top, climb(hash, index - k, size - k, below))
}

const settlementOf = viem.parseAbi([
  'struct S { uint64 first; uint32 count; uint64 settledAt; uint8 mode; bool signedByKey }',
  'function settlementOf(bytes32 logId, bytes32 root) view returns (S)',
])
const batchType =
  'bytes32 logId, uint64 first, uint32 count, bytes32 root, uint8 mode, bytes32 dataDigest'

for (const file of process.argv.slice(2)) {
  const { inferenceId, log, inference: i, fields, batch } = JSON.parse(readFileSync(file, 'utf8'))
  const { inferenceLog, owner, sessionKey, instance } = log
  const chainId = await client.getChainId()
  assert.deepEqual([log.chainId, inferenceLog], [`${chainId}`, ASSAY_INFERENCE_LOG.toLowerCase()])
  for (const { index, name, salt, value } of fields.opened) {
    const entry = Buffer.concat([bytes(salt), sha256(Buffer.from(name)), bytes(value)])
    assert.deepEqual(leaf(entry), bytes(fields.leafHashes[index]), `the field ${name} is another`)
  }
  assert.deepEqual(root(fields.leafHashes.map(bytes)), bytes(i.commitment), 'another commitment')

  const logTypes = 'uint256, address, address, address, bytes32'
  const logId = viem.keccak256(abi(logTypes, chainId, inferenceLog, owner, sessionKey, instance))
  const leafTypes = 'bytes32, bytes32, bytes32, bytes32, uint64, uint64'
  const ids = [logId, i.modelId, i.environmentId, i.commitment]
  const hash = leaf(bytes(abi(leafTypes, ...ids, BigInt(i.sequence), BigInt(i.servedAt))))
  assert.deepEqual(hash, bytes(inferenceId), 'another inference')
  const [place, count] = [Number(BigInt(i.sequence) - BigInt(batch.first)), Number(batch.count)]
  assert.ok(place >= 0 && place < count, 'it lies outside its batch')
  assert.deepEqual(
    climb(hash, place, count, batch.proof.map(bytes)),
    bytes(batch.root),
    'not in it',
  )

  const signer = await viem.recoverTypedDataAddress({
    domain: { name: 'Assay', version: '1', chainId, verifyingContract: inferenceLog },
    types: { Batch: viem.parseAbiParameters(batchType) },
    primaryType: 'Batch',
    message: { ...batch, logId, mode: ['inline', 'external'].indexOf(batch.mode) },
    signature: batch.signature,
  })
  assert.equal(signer.toLowerCase(), sessionKey, 'not signed by the session key')
  const call = { address: inferenceLog, abi: settlementOf, functionName: 'settlementOf' }
  const settled = await client.readContract({ ...call, args: [logId, batch.root] })
  assert.ok(settled.settledAt > 0n && settled.signedByKey, 'not settled by the session key')
  assert.deepEqual([`${settled.first}`, settled.count], [batch.first, count], 'another batch')
  assert.ok(BigInt(i.servedAt) <= (settled.settledAt + 300n) * 1000n, 'served after its settlement')
  console.log(`verified by hand: ${inferenceId}`)
}

import type { InferenceReceipt } from '@assay/sdk/verify'
import {
  concat,
  encodeAbiParameters,
  type Hex,
  isAddressEqual,
  keccak256,
  parseAbiParameters,
  recoverTypedDataAddress,
  sha256,
  stringToHex,
} from 'viem'

const logTypes = parseAbiParameters('uint256, address, address, address, bytes32')
const leafTypes = parseAbiParameters('bytes32, bytes32, bytes32, bytes32, uint64, uint64')
const batchTypes = {
  Batch: [
    { name: 'logId', type: 'bytes32' },
    { name: 'first', type: 'uint64' },
    { name: 'count', type: 'uint32' },
    { name: 'root', type: 'bytes32' },
    { name: 'mode', type: 'uint8' },
    { name: 'dataDigest', type: 'bytes32' },
  ],
} as const

const node = (left: Hex, right: Hex) => sha256(concat(['0x01', left, right]))

/** Whether a receipt holds, offline, by what anyone would write with viem from the protocol's page: in hex, one by one. */
export async function verifyTheObviousWay(text: string): Promise<boolean> {
  const { log, inference, fields, batch, inferenceId } = JSON.parse(text) as InferenceReceipt
  const chainId = Number(log.chainId)
  const { inferenceLog, owner, sessionKey, instance } = log
  const logId = keccak256(
    encodeAbiParameters(logTypes, [BigInt(chainId), inferenceLog, owner, sessionKey, instance]),
  )
  for (const { index, name, salt, value } of fields.opened) {
    const leaf = sha256(concat(['0x00', salt, sha256(stringToHex(name)), value]))
    if (leaf !== fields.leafHashes[Number(index)]) return false
  }
  if (treeRoot(fields.leafHashes) !== inference.commitment) return false
  const { modelId, environmentId, commitment, sequence, servedAt } = inference
  const data = encodeAbiParameters(leafTypes, [
    ...([logId, modelId, environmentId, commitment] as const),
    ...([BigInt(sequence), BigInt(servedAt)] as const),
  ])
  const leaf = sha256(concat(['0x00', data]))
  if (leaf !== inferenceId) return false
  const index = Number(BigInt(sequence) - BigInt(batch.first))
  if (!leadsToRoot(leaf, index, Number(batch.count), batch.proof, batch.root)) return false
  const signer = await recoverTypedDataAddress({
    domain: { name: 'Assay', version: '1', chainId, verifyingContract: inferenceLog },
    types: batchTypes,
    primaryType: 'Batch',
    message: {
      logId,
      first: BigInt(batch.first),
      count: Number(batch.count),
      root: batch.root,
      mode: batch.mode === 'inline' ? 0 : 1,
      dataDigest: batch.dataDigest,
    },
    signature: batch.signature,
  })
  return isAddressEqual(signer, sessionKey)
}

function treeRoot(leaves: readonly Hex[]): Hex {
  if (leaves.length === 1) return leaves[0]!
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1))
  return node(treeRoot(leaves.slice(0, split)), treeRoot(leaves.slice(split)))
}

function leadsToRoot(
  leaf: Hex,
  index: number,
  size: number,
  proof: readonly Hex[],
  root: Hex,
): boolean {
  if (index < 0 || index >= size) return false
  let [place, last, hash] = [index, size - 1, leaf]
  for (const sibling of proof) {
    if (last === 0) return false
    if (place % 2 === 1 || place === last) {
      hash = node(sibling, hash)
      while (place !== 0 && place % 2 === 0) {
        place /= 2
        last = Math.floor(last / 2)
      }
    } else {
      hash = node(hash, sibling)
    }
    place = Math.floor(place / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 && hash === root
}

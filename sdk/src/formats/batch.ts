import { type Address, concat, type Hex, keccak256, toHex } from 'viem'
import { sha256, sha256Into } from '../crypto/sha256.ts'
import { toBytes, utf8 } from './bytes.ts'
import {
  type BatchDataLayout,
  type BatchRecord,
  batchRecordLength,
  checkBatchData,
  encodeBatchData,
} from './batch-data.ts'
import { encodeInference, type Inference } from './inference.ts'
import { createMerkleTree, merkleRootInPlace, type MerkleTree } from './merkle-tree.ts'
import { encodeWords } from './words.ts'

/** How batch data is handed over: to the chain, which recomputes the root, or to a store, with its digest on chain. */
export type BatchMode = 'inline' | 'external'

/** Numbers of the modes in the contract's enum `BatchMode`. */
export const batchModes = { inline: 0, external: 1 } as const satisfies Record<BatchMode, number>

/** Consecutive inferences of one inference log, as one signed statement. */
export type Batch = {
  logId: Hex
  /** Sequence number of the first inference. */
  first: bigint
  /** Number of inferences, 1 to 2^32 - 1. */
  count: number
  /** RFC 9162 root over the leaf hashes. */
  root: Hex
  mode: BatchMode
  /** SHA-256 of the batch data. */
  dataDigest: Hex
}

/** EIP-712 types of a batch. */
export const batchTypes = {
  Batch: [
    { name: 'logId', type: 'bytes32' },
    { name: 'first', type: 'uint64' },
    { name: 'count', type: 'uint32' },
    { name: 'root', type: 'bytes32' },
    { name: 'mode', type: 'uint8' },
    { name: 'dataDigest', type: 'bytes32' },
  ],
} as const

/** EIP-712 domain of an Assay contract. */
export function domainOf(chainId: number, verifyingContract: Address) {
  return { name: 'Assay', version: '1', chainId, verifyingContract } as const
}

/** What a session key signs for a batch (EIP-712), in the form that viem's accounts take. */
export function batchTypedData(batch: Batch, chainId: number, inferenceLog: Address) {
  return {
    domain: domainOf(chainId, inferenceLog),
    types: batchTypes,
    primaryType: 'Batch',
    message: { ...batch, mode: batchModes[batch.mode] },
  } as const
}

const hashOf = (text: string) => keccak256(utf8(text))

/** What is the same in the digest of every batch: the hashes of the types and of the domain's name and version. */
const constants = /* @__PURE__ */ (() => ({
  domainType: hashOf(
    'EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)',
  ),
  name: hashOf('Assay'),
  version: hashOf('1'),
  batchType: hashOf(
    'Batch(bytes32 logId,uint64 first,uint32 count,bytes32 root,uint8 mode,bytes32 dataDigest)',
  ),
}))()

/**
 * EIP-712 digest of a batch: of what `batchTypedData` gives.
 *
 * @throws InvalidInputError if the batch or the address has not its form.
 */
export function batchDigest(batch: Batch, chainId: number, inferenceLog: Address): Hex {
  const { logId, first, count, root, mode, dataDigest } = batch
  const domain = encodeWords(
    ['bytes32', constants.domainType],
    ['bytes32', constants.name],
    ['bytes32', constants.version],
    ['uint256', chainId],
    ['address', inferenceLog],
  )
  const message = encodeWords(
    ['bytes32', constants.batchType],
    ['bytes32', logId],
    ['uint64', first],
    ['uint32', count],
    ['bytes32', root],
    ['uint8', batchModes[mode]],
    ['bytes32', dataDigest],
  )
  return keccak256(concat(['0x1901', keccak256(domain), keccak256(message)]))
}

/** A batch with what it was made of. */
export type BuiltBatch = Batch & {
  /** Batch data. */
  data: Uint8Array
  tree: MerkleTree
}

/**
 * Makes a batch of records that follow each other in a log.
 *
 * @param logId - The inference log.
 * @param first - Sequence number of the first record.
 * @param records - At least one.
 * @param leafHashes - The records' inference ids, if they are known, 32 bytes each, one after the other. Default: computed.
 * @throws InvalidBatchDataError as encodeBatchData does.
 */
export function buildBatch(
  logId: Hex,
  first: bigint,
  records: readonly BatchRecord[],
  mode: BatchMode,
  leafHashes: Uint8Array = leafHashesOf(logId, first, records),
): BuiltBatch {
  const data = encodeBatchData(records)
  const tree = createMerkleTree(leafHashes)
  return {
    logId,
    first,
    count: records.length,
    root: toHex(tree.root),
    mode,
    dataDigest: toHex(sha256(data)),
    data,
    tree,
  }
}

/** The records' leaf hashes one after the other. */
function leafHashesOf(logId: Hex, first: bigint, records: readonly BatchRecord[]): Uint8Array {
  const hashes = new Uint8Array(32 * records.length)
  const leaf = new Uint8Array(193)
  for (const [i, inference] of inferencesOf(logId, first, records).entries()) {
    leaf.set(encodeInference(inference), 1)
    sha256Into(leaf, hashes, 32 * i)
  }
  return hashes
}

/** The inferences that records stand for: the log and the place are the batch's. */
export function inferencesOf(
  logId: Hex,
  first: bigint,
  records: readonly BatchRecord[],
): Inference[] {
  return records.map((record, i) => ({ ...record, logId, sequence: first + BigInt(i) }))
}

/**
 * Leaf hashes of batch data, which are its inferences' ids, without making its records.
 *
 * @param logId - The inference log.
 * @param first - Sequence number of the first inference of the batch.
 * @param data - Batch data.
 * @param layout - Of the data, as checkBatchData gives it.
 * @param start - The first inference wanted, from 0. Default: 0.
 * @param end - The one behind the last. Default: all.
 * @returns 32 bytes each, one after the other.
 */
export function leafHashesOfData(
  logId: Hex,
  first: bigint,
  data: Uint8Array,
  layout: BatchDataLayout,
  start = 0,
  end = layout.count,
): Uint8Array {
  const { models, records } = layout
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const dictionaries = records - 32 * (models + layout.environments)
  const hashes = new Uint8Array(32 * (end - start))
  const leaf = new Uint8Array(193)
  const leafView = new DataView(leaf.buffer)
  leaf.set(toBytes(logId), 1)
  const copyWord = (from: number, to: number) => leaf.set(data.subarray(from, from + 32), to)
  for (let i = start; i < end; i++) {
    const offset = records + batchRecordLength * i
    copyWord(dictionaries + 32 * view.getUint16(offset), 33)
    copyWord(dictionaries + 32 * (models + view.getUint16(offset + 2)), 65)
    copyWord(offset + 10, 97)
    leafView.setBigUint64(153, first + BigInt(i))
    leafView.setUint16(187, view.getUint16(offset + 4))
    leafView.setUint32(189, view.getUint32(offset + 6))
    sha256Into(leaf, hashes, 32 * (i - start))
  }
  return hashes
}

/**
 * Root of the batch that batch data gives at a place of a log, in little more room than the data's own.
 *
 * @param first - Sequence number of its first inference.
 * @param data - Not trusted.
 * @throws InvalidBatchDataError as checkBatchData does.
 */
export function rootOfData(logId: Hex, first: bigint, data: Uint8Array): Hex {
  return toHex(merkleRootInPlace(leafHashesOfData(logId, first, data, checkBatchData(data))))
}

/** SHA-256 of batch data. */
export function dataDigestOf(data: Uint8Array | Hex): Hex {
  return toHex(sha256(toBytes(data)))
}

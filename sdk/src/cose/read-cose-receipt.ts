import { Tagged } from 'cborg'
import type { Hex } from 'viem'
import { InvalidCoseReceiptError, InvalidInputError } from '../errors/input.ts'
import { type Batch, batchDigest } from '../formats/batch.ts'
import { bytesToHex } from '../formats/bytes.ts'
import {
  decodeInference,
  type Inference,
  inferenceIdOf,
  type InferenceLogPlace,
  logIdOf,
} from '../formats/inference.ts'
import { hashLeaf, rootOfProof } from '../formats/merkle-tree.ts'
import { decodeBatchHeader } from './batch-header.ts'
import { decodeCbor } from './cbor.ts'
import {
  coseAlgorithms,
  coseLabels,
  coseReceiptType,
  inclusionProofs,
  merkleTreeSha256,
} from './registry.ts'
import { type CoseSignature, sigStructure } from './sign1.ts'
import { bytesAt, listAt, mapAt, uintAt } from './values.ts'

/** What a COSE receipt says. Its signatures are not verified yet. */
export type CoseReceipt = {
  /** Leaf hash of the inference. */
  inferenceId: Hex
  inference: Inference
  place: InferenceLogPlace
  /** The batch; its root is the one that the proof leads to from the leaf. */
  batch: Batch
  /** EIP-712 digest of the batch. */
  batchDigest: Hex
  /** The batch's signature: r, s, v. */
  batchSignature: Hex
  /** Number of leaves, the leaf's place, and the sibling hashes from the leaf upwards. */
  proof: { size: number; index: number; path: Uint8Array[] }
  /** A signature in COSE's own way, where somebody made one. */
  cose?: CoseSignature
}

/** Far above any honest one: 32 hashes, the leaf, the batch, and signatures of a few kilobytes. */
const maxLength = 2 ** 16

/**
 * Reads a COSE receipt as `exportCoseReceipt` makes them, and refuses everything else: other encodings of the same values, unknown
 * members, a leaf that is not the batch's, a proof of another length than size and index give.
 *
 * @param bytes - A COSE_Sign1 (RFC 9052); not trusted.
 * @throws InvalidCoseReceiptError that names the place and what is wrong there.
 */
export function readCoseReceipt(bytes: Uint8Array): CoseReceipt {
  if (!(bytes instanceof Uint8Array) || bytes.length > maxLength) {
    throw new InvalidCoseReceiptError('', `must be at most ${maxLength} bytes`)
  }
  const message = decodeCbor(bytes, '')
  if (!(message instanceof Tagged)) throw new InvalidCoseReceiptError('', 'is no COSE_Sign1')
  const [header, unprotected, payload, signature] = listAt(message.value, '', 4, 4)
  if (payload !== null) {
    throw new InvalidCoseReceiptError('payload', 'must be detached: it follows from the proof')
  }
  const { algorithm, keyId, batch, protectedHeader } = readProtected(header)
  const { leaf, proof } = readUnprotected(unprotected)
  const inference = inferenceOf(leaf)
  const { place, first, mode, dataDigest } = batch
  const root = rootOfProof(hashLeaf(leaf), proof.index, proof.size, proof.path)
  if (!root)
    throw new InvalidCoseReceiptError('proof', 'has another length than its place asks for')
  const logId = logIdOf(place)
  if (inference.logId !== logId || inference.sequence !== first + BigInt(proof.index)) {
    throw new InvalidCoseReceiptError('leaf', 'is of another inference log or another place in it')
  }
  const whole: Batch = { logId, first, count: proof.size, root: bytesToHex(root), mode, dataDigest }
  const signed = bytesAt(signature, 'signature')
  const toBeSigned = sigStructure(protectedHeader, root)
  return {
    inferenceId: inferenceIdOf(inference),
    inference,
    place,
    batch: whole,
    batchDigest: batchDigest(whole, place.chainId, place.inferenceLog),
    batchSignature: batch.signature ?? bytesToHex(signed),
    proof,
    ...(batch.signature === undefined
      ? {}
      : { cose: { algorithm, ...(keyId ? { keyId } : {}), toBeSigned, signature: signed } }),
  }
}

function readProtected(value: unknown) {
  const protectedHeader = bytesAt(value, 'protected')
  const { algorithm: alg, type, dataStructure, batch, keyId } = coseLabels
  const decoded = decodeCbor(protectedHeader, 'protected')
  const header = mapAt(decoded, 'protected', [alg, type, dataStructure, batch], [keyId])
  const algorithm = header.get(alg)
  if (typeof algorithm !== 'number' || !Number.isSafeInteger(algorithm)) {
    throw new InvalidCoseReceiptError('protected.alg', 'must be a number')
  }
  if (header.get(type) !== coseReceiptType) {
    throw new InvalidCoseReceiptError('protected.typ', `must be ${coseReceiptType}`)
  }
  if (header.get(dataStructure) !== merkleTreeSha256) {
    throw new InvalidCoseReceiptError('protected.vds', 'must be 1, RFC9162_SHA256')
  }
  const isOwn = algorithm === coseAlgorithms.eip712Batch
  if (isOwn && header.has(keyId)) {
    throw new InvalidCoseReceiptError('protected.kid', 'must be left out: the batch names its key')
  }
  return {
    protectedHeader,
    algorithm,
    keyId: header.has(keyId) ? bytesAt(header.get(keyId), 'protected.kid') : undefined,
    batch: decodeBatchHeader(header.get(batch), isOwn ? [] : ['signature']),
  }
}

function readUnprotected(value: unknown) {
  const header = mapAt(value, 'unprotected', [coseLabels.dataStructureProofs, coseLabels.leaf])
  const proofs = mapAt(header.get(coseLabels.dataStructureProofs), 'vdp', [inclusionProofs])
  const [only] = listAt(proofs.get(inclusionProofs), 'vdp.inclusion', 1, 1)
  const bytes = bytesAt(only, 'proof')
  const [size, index, path] = listAt(decodeCbor(bytes, 'proof'), 'proof', 3, 3)
  // An only leaf has an empty path (RFC 9162, section 2.1.3.1), though the grammar of RFC 9942 asks for one hash.
  const hashes = listAt(path, 'proof.path', 0, 32)
  return {
    leaf: bytesAt(header.get(coseLabels.leaf), 'leaf', 192),
    proof: {
      size: Number(uintAt(size, 'proof.size', 32)),
      index: Number(uintAt(index, 'proof.index', 32)),
      path: hashes.map((hash, i) => bytesAt(hash, `proof.path[${i}]`, 32)),
    },
  }
}

function inferenceOf(leaf: Uint8Array): Inference {
  try {
    return decodeInference(leaf)
  } catch (error) {
    const path = error instanceof InvalidInputError ? `leaf.${error.path}` : 'leaf'
    throw new InvalidCoseReceiptError(path, 'must be below 2^64', { cause: error })
  }
}

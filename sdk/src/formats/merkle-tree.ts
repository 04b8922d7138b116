import { sha256, sha256Into } from '../crypto/sha256.ts'
import { equalBytes } from './bytes.ts'

/**
 * A Merkle tree of RFC 9162, section 2.1: SHA-256, positional, prefix 0x00 for leaves and 0x01 for nodes, split at the largest
 * power of two below the size.
 */
export type MerkleTree = {
  /** Number of leaves. */
  size: number
  /** 32 bytes. */
  root: Uint8Array
  /**
   * Inclusion proof of a leaf: sibling hashes from the leaf upwards (RFC 9162, section 2.1.3.1).
   *
   * @param index - The leaf's place, from 0, below `size`.
   * @returns At most ⌈log2 size⌉ hashes of 32 bytes.
   */
  proof(index: number): Uint8Array[]
}

/** Hash of a leaf: SHA-256(0x00 ‖ data). */
export function hashLeaf(data: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(1 + data.length)
  buffer.set(data, 1)
  return sha256(buffer)
}

/** Hash of an inner node: SHA-256(0x01 ‖ left ‖ right). */
export function hashNode(left: Uint8Array, right: Uint8Array): Uint8Array {
  const buffer = new Uint8Array(65)
  buffer[0] = 0x01
  buffer.set(left, 1)
  buffer.set(right, 33)
  return sha256(buffer)
}

/**
 * Builds the tree over leaf hashes. All levels are kept, 64 bytes a leaf, so that proofs only look up.
 *
 * Neighbours are paired level by level and a lone last one is carried up, which gives the RFC's recursive split.
 *
 * @param leafHashes - Hashes of 32 bytes, in order, as a list or one after the other. None gives the RFC's empty root, SHA-256
 * of nothing.
 */
export function createMerkleTree(leafHashes: readonly Uint8Array[] | Uint8Array): MerkleTree {
  const leaves = leafHashes instanceof Uint8Array ? leafHashes : joined(leafHashes)
  const levels = [leaves]
  for (let level = leaves; level.length > hashLength;) {
    level = levelAbove(level)
    levels.push(level)
  }
  const size = leaves.length / hashLength
  return {
    size,
    root: size === 0 ? sha256(leaves) : (levels[levels.length - 1] as Uint8Array).slice(0, 32),
    proof(index) {
      if (!Number.isInteger(index) || index < 0 || index >= size) {
        throw new RangeError(`There is no leaf ${index} in a tree of ${size}.`)
      }
      const siblings: Uint8Array[] = []
      let place = index
      for (const level of levels) {
        const start = (place ^ 1) * hashLength
        // A lone last node has no sibling on this level.
        if (level.length > hashLength && start < level.length) {
          siblings.push(level.slice(start, start + hashLength))
        }
        place >>= 1
      }
      return siblings
    },
  }
}

/**
 * Root of the tree over leaf hashes, where nothing else of the tree is wanted: a commitment is checked once a receipt.
 *
 * @param leafHashes - At least one, of 32 bytes, one after the other; overwritten.
 * @returns 32 bytes, a part of what was given.
 */
export function merkleRootInPlace(leafHashes: Uint8Array): Uint8Array {
  const node = new Uint8Array(65)
  node[0] = 0x01
  for (let count = leafHashes.length / hashLength; count > 1; count = Math.ceil(count / 2)) {
    for (let i = 0; i + 1 < count; i += 2) {
      node.set(leafHashes.subarray(i * hashLength, (i + 2) * hashLength), 1)
      sha256Into(node, leafHashes, (i / 2) * hashLength)
    }
    if (count % 2 === 1) {
      leafHashes.copyWithin(
        ((count - 1) / 2) * hashLength,
        (count - 1) * hashLength,
        count * hashLength,
      )
    }
  }
  return leafHashes.subarray(0, hashLength)
}

const hashLength = 32

function joined(hashes: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(hashes.length * hashLength)
  for (const [i, hash] of hashes.entries()) whole.set(hash, i * hashLength)
  return whole
}

function levelAbove(level: Uint8Array): Uint8Array {
  const count = level.length / hashLength
  const above = new Uint8Array(Math.ceil(count / 2) * hashLength)
  const node = new Uint8Array(65)
  node[0] = 0x01
  let offset = 0
  for (let start = 0; start + 2 * hashLength <= level.length; start += 2 * hashLength) {
    node.set(level.subarray(start, start + 2 * hashLength), 1)
    sha256Into(node, above, offset)
    offset += hashLength
  }
  if (count % 2 === 1) above.set(level.subarray(level.length - hashLength), offset)
  return above
}

/**
 * The root that a proof leads to from a leaf at a place (RFC 9162, section 2.1.3.2).
 *
 * @param leafHash - 32 bytes.
 * @param index - The leaf's place, from 0.
 * @param size - Number of leaves, at most 2^32 - 1.
 * @param proof - Sibling hashes from the leaf upwards.
 * @returns 32 bytes; undefined if there is no such place, or the proof has another length than index and size give.
 */
export function rootOfProof(
  leafHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
): Uint8Array | undefined {
  if (index < 0 || index >= size) return undefined
  let node = index
  let last = size - 1
  let hash = leafHash
  for (const sibling of proof) {
    if (last === 0) return undefined
    if (node % 2 === 1 || node === last) {
      hash = hashNode(sibling, hash)
      // A lone last node was carried up: skip the levels where it had no sibling.
      while (node !== 0 && node % 2 === 0) {
        node = Math.floor(node / 2)
        last = Math.floor(last / 2)
      }
    } else {
      hash = hashNode(hash, sibling)
    }
    node = Math.floor(node / 2)
    last = Math.floor(last / 2)
  }
  return last === 0 ? hash : undefined
}

/**
 * Whether a proof leads from a leaf at a place to a root (RFC 9162, section 2.1.3.2).
 *
 * @param leafHash - 32 bytes.
 * @param index - The leaf's place, from 0.
 * @param size - Number of leaves, at most 2^32 - 1.
 * @param proof - Sibling hashes from the leaf upwards; its length follows from index and size, any other fails.
 * @param root - 32 bytes.
 */
export function verifyInclusion(
  leafHash: Uint8Array,
  index: number,
  size: number,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean {
  const found = rootOfProof(leafHash, index, size, proof)
  return found !== undefined && equalBytes(found, root)
}

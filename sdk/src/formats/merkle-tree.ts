import { sha256 } from '../crypto/sha256.ts'
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
 * @param leafHashes - Hashes of 32 bytes, in order. None gives the RFC's empty root, SHA-256 of nothing.
 */
export function createMerkleTree(leafHashes: readonly Uint8Array[]): MerkleTree {
  const levels: (readonly Uint8Array[])[] = [leafHashes]
  for (let level = leafHashes; level.length > 1;) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < level.length; i += 2) {
      above.push(hashNode(level[i] as Uint8Array, level[i + 1] as Uint8Array))
    }
    if (level.length % 2 === 1) above.push(level[level.length - 1] as Uint8Array)
    levels.push(above)
    level = above
  }
  return {
    size: leafHashes.length,
    root: levels[levels.length - 1]?.[0] ?? sha256(new Uint8Array(0)),
    proof(index) {
      if (!Number.isInteger(index) || index < 0 || index >= leafHashes.length) {
        throw new RangeError(`There is no leaf ${index} in a tree of ${leafHashes.length}.`)
      }
      const siblings: Uint8Array[] = []
      let place = index
      for (const level of levels) {
        const sibling = level[place ^ 1]
        // A lone last node has no sibling on this level.
        if (sibling && level.length > 1) siblings.push(sibling)
        place >>= 1
      }
      return siblings
    },
  }
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
  if (index < 0 || index >= size) return false
  let node = index
  let last = size - 1
  let hash = leafHash
  for (const sibling of proof) {
    if (last === 0) return false
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
  return last === 0 && equalBytes(hash, root)
}

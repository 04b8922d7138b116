import type { Hex } from 'viem'
import { sha256Hex } from '../crypto/sha256.ts'
import { writeHex } from './bytes.ts'

/**
 * Whether a leaf is at a place of one tree, as `verifyInclusion` says.
 *
 * @param leafHash - In hex, lower case.
 * @param index - The leaf's place, from 0.
 * @param proof - Sibling hashes from the leaf upwards, in hex, lower case.
 */
export type InclusionCheck = (leafHash: Hex, index: number, proof: readonly Hex[]) => boolean

/** A node on the way from the leaf that was last found in the tree. */
type Node = {
  hash: Hex
  index: number
  /** How many hashes of the proof are above it. */
  above: number
}

/**
 * Checks inclusion in one tree (RFC 9162, section 2.1.3.2) for many leaves. Neighbours share most of their way to the root: where a
 * proof meets a node of the last one that led to the root, and is the same from there on, the rest would be computed as before.
 * So one after the other they cost about two hashes each, whatever the size; and nothing is kept but one way.
 *
 * @param size - Number of leaves, at most 2^32 - 1.
 * @param root - In hex, lower case.
 */
export function createInclusionCheck(size: number, root: Hex): InclusionCheck {
  /** By level, from the leaves upwards. */
  let lastWay: (Node | undefined)[] = []
  let lastProof: readonly Hex[] = []

  function isKnown(level: number, node: Node, proof: readonly Hex[]): boolean {
    const known = lastWay[level]
    if (known?.hash !== node.hash || known.index !== node.index || known.above !== node.above) {
      return false
    }
    for (let i = 1; i <= node.above; i++) {
      if (proof[proof.length - i] !== lastProof[lastProof.length - i]) return false
    }
    return true
  }

  return (leafHash, index, proof) => {
    if (index < 0 || index >= size) return false
    const way: (Node | undefined)[] = []
    let [node, last, level, hash] = [index, size - 1, 0, leafHash]
    const up = () => {
      node = Math.floor(node / 2)
      last = Math.floor(last / 2)
      level++
    }
    for (let i = 0; i <= proof.length; i++) {
      const here = { hash, index: node, above: proof.length - i }
      if (isKnown(level, here, proof)) {
        // What the last way has below is of no proof any more, levels without a node of this one included.
        way.length = level
        lastWay = way.concat(lastWay.slice(level))
        lastProof = proof
        return true
      }
      way[level] = here
      if (i === proof.length) break
      if (last === 0) return false
      const sibling = proof[i] as Hex
      if (node % 2 === 1 || node === last) {
        hash = nodeHash(sibling, hash)
        // A lone last node was carried up: skip the levels where it had no sibling.
        while (node !== 0 && node % 2 === 0) up()
      } else {
        hash = nodeHash(hash, sibling)
      }
      up()
    }
    if (last !== 0 || hash !== root) return false
    lastWay = way
    lastProof = proof
    return true
  }
}

const scratch = new Uint8Array(65)

/** SHA-256(0x01 ‖ left ‖ right), in hex as its parts are. */
function nodeHash(left: Hex, right: Hex): Hex {
  scratch[0] = 0x01
  writeHex(left, scratch, 1)
  writeHex(right, scratch, 33)
  return sha256Hex(scratch)
}

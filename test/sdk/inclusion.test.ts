import { createMerkleTree, hashLeaf, verifyInclusion } from '@assay/sdk/formats'
import fc from 'fast-check'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import { describe, expect, test } from 'vitest'
import { createInclusionCheck } from '../../sdk/src/formats/inclusion.ts'

const treeOf = (size: number) => {
  const leaves = Array.from({ length: size }, (_, i) => hashLeaf(Uint8Array.of(i, i >> 8)))
  const tree = createMerkleTree(leaves)
  return {
    root: bytesToHex(tree.root),
    leaves: leaves.map((leaf) => bytesToHex(leaf)),
    proofs: leaves.map((_, i) => tree.proof(i).map((hash) => bytesToHex(hash))),
  }
}

describe('createInclusionCheck', () => {
  test('default: every leaf of every size, in any order', () => {
    for (let size = 1; size <= 70; size++) {
      const { root, leaves, proofs } = treeOf(size)
      const check = createInclusionCheck(size, root)
      const there = leaves.map((leaf, i) => check(leaf, i, proofs[i]!))
      const back = leaves.map((_, i) => size - 1 - i).map((i) => check(leaves[i]!, i, proofs[i]!))
      expect([...there, ...back].every(Boolean), `${size}`).toBe(true)
    }
  })

  test('behavior: whatever was checked before, the answer is that of verifyInclusion', () => {
    const size = fc.integer({ min: 1, max: 40 })
    const question = fc.record({
      leaf: fc.nat(63),
      index: fc.oneof(fc.nat(63), fc.integer({ min: -2, max: 2 ** 32 })),
      same: fc.integer({ min: 0, max: 9 }),
      change: fc.constantFrom('none', 'none', 'drop', 'add', 'flip', 'swap', 'other', 'node'),
      at: fc.nat(8),
    })
    let found = 0
    const property = fc.property(
      size,
      fc.array(question, { minLength: 20, maxLength: 80, size: 'max' }),
      (count, questions) => {
        const { root, leaves, proofs } = treeOf(count)
        const check = createInclusionCheck(count, root)
        for (const { leaf: place, index: any, same, change, at } of questions) {
          const leafIndex = place % count
          const index = same > 2 ? leafIndex : any
          let proof: Hex[] = [...proofs[leafIndex]!]
          let leaf = leaves[leafIndex]!
          const i = at % (proof.length + 1)
          if (change === 'drop') proof.splice(i, 1)
          if (change === 'add') proof.splice(i, 0, leaves[at % count]!)
          if (change === 'flip' && proof[i])
            proof[i] = `0x${proof[i].slice(2, -1)}${proof[i].endsWith('0') ? 1 : 0}`
          if (change === 'swap') proof = proof.toReversed()
          if (change === 'other') proof = proofs[at % count]!
          if (change === 'node') [leaf = leaf, ...proof] = proof
          const bytes = proof.map((hash) => hexToBytes(hash))
          const expected = verifyInclusion(hexToBytes(leaf), index, count, bytes, hexToBytes(root))
          expect(check(leaf, index, proof)).toBe(expected)
          if (expected) found++
        }
      },
    )
    fc.assert(property, { numRuns: 500 })
    expect(found).toBeGreaterThan(1000)
  })

  test('behavior: a proof that begins as one that was found, and ends otherwise, fails', () => {
    const { root, leaves, proofs } = treeOf(16)
    const check = createInclusionCheck(16, root)
    for (let i = 0; i < 16; i++) {
      expect(check(leaves[i]!, i, proofs[i]!)).toBe(true)
      for (const neighbour of [i, i ^ 1]) {
        for (let level = 0; level < 4; level++) {
          const forged = proofs[neighbour]!.with(level, leaves[0]!)
          if (forged[level] === proofs[neighbour]![level]) continue
          expect(check(leaves[neighbour]!, neighbour, forged), `${i} ${level}`).toBe(false)
        }
      }
    }
  })

  test('behavior: a tree of no leaves has none', () => {
    expect(createInclusionCheck(0, treeOf(1).root)(treeOf(1).leaves[0]!, 0, [])).toBe(false)
  })
})

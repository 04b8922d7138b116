import { randomBytes } from 'node:crypto'
import { createMerkleTree } from '@assay/sdk/formats'
import { SimpleMerkleTree } from '@openzeppelin/merkle-tree'
import { toHex } from 'viem'

const leavesOf = (count: number) => {
  const bytes = randomBytes(32 * count)
  return Array.from({ length: count }, (_, i) => bytes.subarray(32 * i, 32 * i + 32))
}

/** Milliseconds of the quickest of some runs. */
function best(runs: number, run: () => unknown): number {
  let quickest = Infinity
  for (let i = 0; i < runs; i++) {
    const start = performance.now()
    run()
    quickest = Math.min(quickest, performance.now() - start)
  }
  return quickest
}

/** Trees over leaf hashes that are there already, ours and OpenZeppelin's of the same leaves. */
export function measureTrees() {
  const leaves = leavesOf(100_000)
  const hexes = leaves.map((leaf) => toHex(leaf))
  const million = leavesOf(1_000_000)
  return {
    ms: best(5, () => createMerkleTree(leaves)),
    ozMs: best(2, () => SimpleMerkleTree.of(hexes)),
    millionMs: best(3, () => createMerkleTree(million)),
  }
}

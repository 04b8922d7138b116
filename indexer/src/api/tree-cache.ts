import type { MerkleTree } from '@assay/sdk/formats'

const bytesPerLeaf = 64

/**
 * Keeps the trees that were used last. A tree is named by what it is a tree of, so that none ever goes stale; of requests for one that is
 * being built, one builds it.
 *
 * @param maxBytes - Room for all trees; the one that was used least recently goes first, the last one stays.
 */
export function createTreeCache(maxBytes: number) {
  const trees = new Map<string, MerkleTree>()
  const building = new Map<string, Promise<MerkleTree>>()
  let bytes = 0

  function keep(name: string, tree: MerkleTree): void {
    trees.set(name, tree)
    bytes += bytesPerLeaf * tree.size
    for (const [oldest, { size }] of trees) {
      if (bytes <= maxBytes || oldest === name) break
      trees.delete(oldest)
      bytes -= bytesPerLeaf * size
    }
  }

  return (name: string, build: () => Promise<MerkleTree>): MerkleTree | Promise<MerkleTree> => {
    const known = trees.get(name)
    if (known) {
      // Moved to the end: it was used last.
      trees.delete(name)
      trees.set(name, known)
      return known
    }
    const begun = building.get(name)
    if (begun) return begun
    const tree = build()
    building.set(name, tree)
    tree
      .then((it) => keep(name, it))
      .catch(() => undefined)
      .finally(() => building.delete(name))
    return tree
  }
}

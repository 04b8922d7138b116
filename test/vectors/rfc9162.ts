/**
 * RFC 9162, section 2.1, written from its text and from nothing else: definitions as the RFC states them, recursive, slow. It
 * judges the vectors, so it shares no line with the SDK.
 */
import { createHash } from 'node:crypto'

type Hash = Buffer

const hash = (...parts: Uint8Array[]): Hash =>
  createHash('sha256').update(Buffer.concat(parts)).digest()

/** k, the largest power of two smaller than n. */
function split(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

/** MTH({d(0)}) = HASH(0x00 || d(0)). */
export const leafHash = (data: Uint8Array): Hash => hash(Buffer.of(0x00), data)

/** MTH(D_n), over the leaf hashes. */
export function treeHash(leaves: readonly Uint8Array[]): Hash {
  const n = leaves.length
  if (n === 0) return hash()
  if (n === 1) return Buffer.from(leaves[0] as Uint8Array)
  const k = split(n)
  return hash(Buffer.of(0x01), treeHash(leaves.slice(0, k)), treeHash(leaves.slice(k)))
}

/** PATH(m, D_n). */
export function path(m: number, leaves: readonly Uint8Array[]): Hash[] {
  const n = leaves.length
  if (n === 1) return []
  const k = split(n)
  return m < k
    ? [...path(m, leaves.slice(0, k)), treeHash(leaves.slice(k))]
    : [...path(m - k, leaves.slice(k)), treeHash(leaves.slice(0, k))]
}

import { createHash } from 'node:crypto'
import type { Hex } from 'viem'
import type { Row } from './rebuild.ts'

export const sha256 = (...parts: Uint8Array[]): Hex =>
  `0x${createHash('sha256').update(Buffer.concat(parts)).digest('hex')}`
export const bytes = (hex: string) => Buffer.from(hex.slice(2), 'hex')
const word = (value: bigint) => bytes(`0x${value.toString(16).padStart(64, '0')}`)

/** An inference as batch data holds it. */
export type Leaf = { inferenceId: Hex; servedAt: string } & Row

/** Root of a tree by RFC 9162, section 2.1.1. */
export function rootOf(hashes: Buffer[]): Hex {
  if (hashes.length === 1) return `0x${hashes[0]!.toString('hex')}`
  const split = 2 ** Math.ceil(Math.log2(hashes.length) - 1)
  const [left, right] = [hashes.slice(0, split), hashes.slice(split)].map(rootOf)
  return sha256(Buffer.from([1]), bytes(left!), bytes(right!))
}

/** Batch data, version 1, by docs/protocol.md; undefined: it is none. */
export function leavesOf(logId: string, first: bigint, data: Buffer): Leaf[] | undefined {
  if (data.length < 9 || data[0] !== 1) return undefined
  const [models, environments, count] = [
    data.readUInt16BE(1),
    data.readUInt16BE(3),
    data.readUInt32BE(5),
  ]
  const start = 9 + 32 * (models + environments)
  if (count === 0 || data.length !== start + 42 * count) return undefined
  for (let at = start; at < data.length; at += 42) {
    if (data.readUInt16BE(at) >= models || data.readUInt16BE(at + 2) >= environments)
      return undefined
  }
  return Array.from({ length: count }, (_, i) => {
    const at = start + 42 * i
    const id = (index: number) => data.subarray(9 + 32 * index, 41 + 32 * index)
    const modelId = id(data.readUInt16BE(at))
    const environmentId = id(models + data.readUInt16BE(at + 2))
    const servedAt = BigInt(data.readUIntBE(at + 4, 6))
    const commitment = data.subarray(at + 10, at + 42)
    const sequence = first + BigInt(i)
    const leaf = [bytes(logId), modelId, environmentId, commitment, word(sequence), word(servedAt)]
    const hex = (part: Buffer) => `0x${part.toString('hex')}`
    return {
      inferenceId: sha256(Buffer.from([0]), ...leaf),
      ...{ logId, sequence: String(sequence), servedAt: String(servedAt) },
      ...{ modelId: hex(modelId), environmentId: hex(environmentId), commitment: hex(commitment) },
    }
  })
}

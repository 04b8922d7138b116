import { inferencesOf } from '@assay/sdk/formats'
import { toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flips } from '../support/calls.ts'
import { far, inferenceLogs, recordsOf, stranger } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, newKey, newLog } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('isIncluded', () => {
  test('default: an inference at its place, and no other', async () => {
    const sessionKey = await newKey(far)
    const { logId, batch, inline } = newLog(sessionKey)
    await events(inline(batch(0n, 2)))
    const built = batch(2n, 7)
    await events(inline(built))
    const { read } = as(stranger)
    const other = newLog(sessionKey)
    for (const [i, inference] of inferencesOf(logId, 2n, recordsOf(7)).entries()) {
      const proof = built.tree.proof(i).map((hash) => toHex(hash))
      expect(await read.isIncluded([inference, built.root, proof])).toBe(true)
      const wrong = [
        { ...inference, sequence: inference.sequence + 1n },
        { ...inference, sequence: 0n },
        { ...inference, servedAt: 0n },
        { ...inference, modelId: toHex(99n, { size: 32 }) },
        { ...inference, logId: other.logId },
      ]
      for (const it of wrong) expect(await read.isIncluded([it, built.root, proof])).toBe(false)
      expect(await read.isIncluded([inference, zeroHash, proof])).toBe(false)
      expect(await read.isIncluded([inference, built.root, proof.slice(1)])).toBe(false)
      for (const [j, hash] of proof.entries()) {
        for (const bad of flips(hash).slice(0, 4)) {
          expect(await read.isIncluded([inference, built.root, proof.with(j, bad)])).toBe(false)
        }
      }
    }
  })
})

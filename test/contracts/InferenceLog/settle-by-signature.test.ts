import { type Hex, stringToHex, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flips, revert } from '../support/calls.ts'
import { far, inferenceLogs, owner, stranger } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, newKey, newLog } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('by signature', () => {
  test('default: anyone hands in what the key, or the owner, has signed', async () => {
    const sessionKey = await newKey(far)
    const { key, logId, batch, sign } = newLog(sessionKey)
    const { write, read } = as(stranger)
    const [a, b] = [batch(0n, 2), batch(2n, 2, 'external')]
    await events(write.settleInlineBySig([key, 0n, 2, a.root, toHex(a.data), await sign(a)]))
    const [settled] = await events(
      write.settleExternalBySig([
        key,
        2n,
        2,
        b.root,
        b.dataDigest,
        stringToHex('ipfs://x'),
        await sign(b, owner),
      ]),
    )
    expect(settled?.args).toEqual({
      logId,
      root: b.root,
      first: 2n,
      count: 2,
      signedByKey: false,
      dataDigest: b.dataDigest,
      uri: 'ipfs://x',
    })
    expect(await read.settlementOf([logId, a.root])).toMatchObject({ signedByKey: true, mode: 0 })
    expect(await read.settlementOf([logId, b.root])).toMatchObject({ signedByKey: false, mode: 1 })
  })

  test('error: a relay that changes the mode, the digest or the place; any byte of the signature', async () => {
    const sessionKey = await newKey(far)
    const { key, batch, sign } = newLog(sessionKey)
    const [inline, external] = [batch(0n, 2), batch(0n, 2, 'external')]
    const { simulate } = as(stranger)
    const sealed = await sign(inline)
    const settle = (signature: Hex) =>
      simulate.settleInlineBySig([key, 0n, 2, inline.root, toHex(inline.data), signature])
    expect((await settle(sealed)).result).toBe(true)
    for (const bad of [
      await sign(external),
      await sign(batch(2n, 2)),
      await sign(inline, stranger),
      ...flips(sealed),
    ]) {
      expect((await revert(settle(bad)))[0]).toBe('InferenceLog_InvalidSignature')
    }
    const other = simulate.settleExternalBySig([
      key,
      0n,
      2,
      external.root,
      zeroHash,
      '0x',
      await sign(external),
    ])
    expect((await revert(other))[0]).toBe('InferenceLog_InvalidSignature')
  })

  test('error: a key out of force', async () => {
    const sessionKey = await newKey()
    const { key, batch, sign } = newLog(sessionKey)
    const b = batch(0n, 1)
    const call = as(stranger).write.settleInlineBySig([
      key,
      0n,
      1,
      b.root,
      toHex(b.data),
      await sign(b),
    ])
    expect((await revert(call))[0]).toBe('InferenceLog_SessionKeyNotAuthorized')
  })
})

describe('settleMany', () => {
  test('behavior: one bad batch does not stop the others', async () => {
    const [keyA, keyB] = [await newKey(far), await newKey(far)]
    const [a, b] = [newLog(keyA), newLog(keyB)]
    const parts = [
      { log: a, batch: a.batch(0n, 2), signer: keyA },
      { log: a, batch: a.batch(5n, 2), signer: keyA },
      { log: b, batch: b.batch(0n, 1, 'external'), signer: keyB },
      { log: b, batch: b.batch(1n, 1), signer: keyA },
      { log: a, batch: a.batch(2n, 2), signer: keyA },
      { log: a, batch: a.batch(0n, 2), signer: keyA },
    ]
    const batches = await Promise.all(
      parts.map(async ({ log: { key, sign }, batch, signer }) => ({
        log: key,
        first: batch.first,
        count: batch.count,
        root: batch.root,
        mode: batch.mode === 'inline' ? 0 : 1,
        dataDigest: batch.dataDigest,
        data: batch.mode === 'inline' ? toHex(batch.data) : toHex('https://x'),
        signature: await sign(batch, signer),
      })),
    )
    const { result } = await as(stranger).simulate.settleMany([batches])
    expect(result).toEqual([true, false, true, false, true, true])
    const seen = await events(as(stranger).write.settleMany([batches]))
    expect(
      seen
        .filter(({ eventName }) => eventName === 'BatchRejected')
        .map(({ args }) => args.position),
    ).toEqual([1n, 3n])
    expect(await as(owner).read.heads([a.logId])).toBe(4n)
    expect(await as(owner).read.heads([b.logId])).toBe(1n)
  })
})

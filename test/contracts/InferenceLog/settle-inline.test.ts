import { type Hex, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { flips, revert } from '../support/calls.ts'
import { far, inferenceLogs, owner, stranger } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, newKey, newLog, now } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('settleInline', () => {
  test('default: opens the log, settles, and goes on at the head', async () => {
    const sessionKey = await newKey(far)
    const { key, logId, batch, inline } = newLog(sessionKey)
    const [first, second] = [batch(0n, 3), batch(3n, 5)]
    expect(await events(inline(first))).toEqual([
      { eventName: 'InferenceLogOpened', args: { logId, ...key } },
      {
        eventName: 'BatchSettledInline',
        args: {
          logId,
          root: first.root,
          first: 0n,
          count: 3,
          signedByKey: true,
          data: toHex(first.data),
        },
      },
    ])
    const settledAt = BigInt(await now())
    expect((await events(inline(second))).map(({ eventName }) => eventName)).toEqual([
      'BatchSettledInline',
    ])
    const { read } = as(owner)
    expect(await read.heads([logId])).toBe(8n)
    expect(await read.logIdOf([key])).toBe(logId)
    expect(await read.settlementOf([logId, first.root])).toEqual({
      first: 0n,
      count: 3,
      settledAt,
      mode: 0,
      signedByKey: true,
    })
  })

  test('behavior: the identical batch again is nothing, also when the key is gone', async () => {
    const sessionKey = await newKey(far)
    const { logId, batch, inline, external } = newLog(sessionKey)
    const built = batch(0n, 3)
    await events(inline(built))
    const before = await as(owner).read.settlementOf([logId, built.root])
    await events(as(owner).write.revokeSessionKey([sessionKey.address]))
    expect(await events(inline(built))).toEqual([])
    expect(await events(external(built, 'elsewhere'))).toEqual([])
    expect(await events(inline(built, stranger))).toEqual([])
    expect(await as(owner).read.settlementOf([logId, built.root])).toEqual(before)
    expect(await as(owner).read.heads([logId])).toBe(3n)
  })

  test('error: who may not', async () => {
    const { batch, inline } = newLog(await newKey(far))
    expect(await revert(inline(batch(0n, 1), stranger))).toEqual([
      'InferenceLog_CallerNotAllowed',
      [stranger.address],
    ])
    const unknown = await newKey()
    const a = newLog(unknown)
    expect(await revert(a.inline(a.batch(0n, 1)))).toEqual([
      'InferenceLog_SessionKeyNotAuthorized',
      [owner.address, unknown.address],
    ])
    const expiresAt = (await now()) + 100
    const brief = await newKey(expiresAt)
    const b = newLog(brief)
    await events(b.inline(b.batch(0n, 1)))
    await logs.chain().client.setNextBlockTimestamp({ timestamp: BigInt(expiresAt) + 1n })
    await logs.chain().client.mine({ blocks: 1 })
    expect(await revert(b.inline(b.batch(1n, 1)))).toEqual([
      'InferenceLog_SessionKeyExpired',
      [owner.address, brief.address, expiresAt],
    ])
    const revoked = await newKey(far)
    await events(as(owner).write.revokeSessionKey([revoked.address]))
    const c = newLog(revoked)
    expect((await revert(c.inline(c.batch(0n, 1))))[0]).toBe('InferenceLog_SessionKeyRevoked')
  })

  test('behavior: the owner settles in the place of a lost key', async () => {
    for (const key of [await newKey(), await newKey(far)]) {
      const { logId, batch, inline } = newLog(key)
      const built = batch(0n, 2)
      const [, settled] = await events(inline(built, owner))
      expect(settled?.args.signedByKey).toBe(false)
      expect(await as(owner).read.settlementOf([logId, built.root])).toMatchObject({
        signedByKey: false,
      })
    }
  })

  test('error: gap, fork, empty, overflow, other count, other root', async () => {
    const sessionKey = await newKey(far)
    const { key, logId, batch, inline } = newLog(sessionKey)
    expect(await revert(inline(batch(1n, 1)))).toEqual(['InferenceLog_Gap', [logId, 0n, 1n]])
    await events(inline(batch(0n, 2)))
    expect(await revert(inline(batch(0n, 2, 'inline', 2n)))).toEqual([
      'InferenceLog_Fork',
      [logId, 2n, 0n],
    ])
    expect(await revert(inline(batch(1n, 2)))).toEqual(['InferenceLog_Fork', [logId, 2n, 1n]])
    const good = batch(2n, 3)
    const { write } = as(sessionKey)
    const send = (count: number, root: Hex, data: Hex) =>
      write.settleInline([key, 2n, count, root, data])
    expect(await revert(send(0, good.root, toHex(good.data)))).toEqual([
      'InferenceLog_EmptyBatch',
      [],
    ])
    expect(await revert(send(4, good.root, toHex(good.data)))).toEqual([
      'InferenceLog_CountMismatch',
      [4, 3n],
    ])
    expect(await revert(send(3, zeroHash, toHex(good.data)))).toEqual([
      'InferenceLog_RootMismatch',
      [zeroHash, good.root],
    ])
    expect(await as(owner).read.heads([logId])).toBe(2n)
  })

  test('error: malformed data', async () => {
    const sessionKey = await newKey(far)
    const { key, batch } = newLog(sessionKey)
    const { data, root } = batch(0n, 3)
    const send = (bytes: Uint8Array) =>
      as(sessionKey).write.settleInline([key, 0n, 3, root, toHex(bytes)])
    const other = (i: number, byte: number) => Uint8Array.from(data.with(i, byte))
    expect((await revert(send(data.slice(0, 8))))[0]).toBe('BatchData_LengthMismatch')
    expect(await revert(send(data.slice(0, -1)))).toEqual([
      'BatchData_LengthMismatch',
      [BigInt(data.length), BigInt(data.length - 1)],
    ])
    expect((await revert(send(Uint8Array.of(...data, 0))))[0]).toBe('BatchData_LengthMismatch')
    expect(await revert(send(other(0, 2)))).toEqual(['BatchData_UnknownVersion', [2]])
    expect((await revert(send(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0))))[0]).toBe(
      'BatchData_Empty',
    )
    const records = data.length - 3 * 42
    expect(await revert(send(other(records + 42 + 1, 9)))).toEqual([
      'BatchData_IndexOutOfRange',
      [1n],
    ])
    expect(await revert(send(other(records + 84 + 3, 9)))).toEqual([
      'BatchData_IndexOutOfRange',
      [2n],
    ])
  })

  test('behavior: no byte of the data can be another', async () => {
    const sessionKey = await newKey(far)
    const { key, batch } = newLog(sessionKey)
    const { data, root } = batch(0n, 2)
    const { simulate } = as(sessionKey)
    const by = { account: sessionKey.address }
    const refusals = /^(?:InferenceLog_(?:Root|Count)Mismatch|BatchData_\w+)$/
    for (const flipped of flips(toHex(data))) {
      const [name] = await revert(simulate.settleInline([key, 0n, 2, root, flipped], by))
      expect(name).toMatch(refusals)
    }
    expect((await simulate.settleInline([key, 0n, 2, root, toHex(data)], by)).result).toBe(true)
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revert } from '../support/calls.ts'
import { far, inferenceLogs, owner } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, newKey, newLog } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('skip', () => {
  test('default: moves the head; only the owner’s, only at the head', async () => {
    const sessionKey = await newKey(far)
    const { key, logId, batch, inline } = newLog(sessionKey)
    await events(inline(batch(0n, 2)))
    const { write, read } = as(owner)
    expect(await events(write.skip([key, 2n, 3]))).toEqual([
      { eventName: 'InferencesSkipped', args: { logId, first: 2n, count: 3 } },
    ])
    expect(await read.heads([logId])).toBe(5n)
    expect(await revert(as(sessionKey).write.skip([key, 5n, 1]))).toEqual([
      'InferenceLog_CallerNotAllowed',
      [sessionKey.address],
    ])
    expect((await revert(write.skip([key, 6n, 1])))[0]).toBe('InferenceLog_Gap')
    expect((await revert(write.skip([key, 4n, 1])))[0]).toBe('InferenceLog_Fork')
    expect((await revert(write.skip([key, 5n, 0])))[0]).toBe('InferenceLog_EmptyBatch')
    await events(inline(batch(5n, 1)))
  })
})

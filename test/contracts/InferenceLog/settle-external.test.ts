import { encodeAbiParameters, type Hex, keccak256, maxUint64, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revert } from '../support/calls.ts'
import { far, inferenceLogs } from '../support/inference-logs.ts'

const logs = inferenceLogs()
const { as, events, newKey, newLog } = logs
beforeAll(logs.start)
afterAll(logs.stop)

describe('settleExternal', () => {
  test('error: a root that is settled at another place', async () => {
    const sessionKey = await newKey(far)
    const { key, logId, batch, external } = newLog(sessionKey)
    const built = batch(0n, 3, 'external')
    expect((await events(external(built, 'https://x')))[1]).toMatchObject({
      eventName: 'BatchSettledExternal',
      args: { uri: 'https://x', dataDigest: built.dataDigest, signedByKey: true },
    })
    const { write } = as(sessionKey)
    expect(
      await revert(write.settleExternal([key, 3n, 3, built.root, built.dataDigest, '0x'])),
    ).toEqual(['InferenceLog_RootAlreadySettled', [logId, built.root, 0n]])
    expect(
      (await revert(write.settleExternal([key, 0n, 2, built.root, built.dataDigest, '0x'])))[0],
    ).toBe('InferenceLog_RootAlreadySettled')
  })

  test('error: sequence numbers beyond 64 bits', async () => {
    const sessionKey = await newKey(far)
    const { key, logId } = newLog(sessionKey)
    const slot = headSlot(logId)
    await logs.chain().client.setStorageAt({
      address: logs.address(),
      index: slot,
      value: toHex(maxUint64 - 1n, { size: 32 }),
    })
    const call = as(sessionKey).write.settleExternal([
      key,
      maxUint64 - 1n,
      2,
      toHex(1n, { size: 32 }),
      zeroHash,
      '0x',
    ])
    expect(await revert(call)).toEqual(['InferenceLog_SequenceOverflow', [maxUint64 - 1n, 2]])
  })
})

/** Storage slot of a log's head: no test can settle 2^64 inferences. Slots 0 to 3: EIP712's names, nonces, session keys. */
function headSlot(logId: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [logId, 4n]))
}

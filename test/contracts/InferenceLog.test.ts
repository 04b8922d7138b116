import { inferenceLogAbi } from '@assay/sdk/abi'
import {
  batchTypedData,
  type BatchMode,
  buildBatch,
  type BuiltBatch,
  domainOf,
  inferencesOf,
  logIdOf,
} from '@assay/sdk/formats'
import {
  type Address,
  encodeAbiParameters,
  type Hex,
  keccak256,
  maxUint48,
  maxUint64,
  toHex,
  zeroAddress,
  zeroHash,
  stringToHex,
} from 'viem'
import { generatePrivateKey, type LocalAccount, privateKeyToAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventsOf, flips, revert } from './support/calls.ts'
import { accountOf, type LocalChain, startChain } from '../indexer/support/chain.ts'

const far = 4_102_444_800
let chain: LocalChain
let log: Address
const owner = accountOf(1)
const stranger = accountOf(2)

beforeAll(async () => {
  chain = await startChain()
  log = chain.addresses.inferenceLog
})
afterAll(() => chain.stop())

const as = (account: LocalAccount) => chain.as(account).log
const events = (sending: Promise<Hex>) => eventsOf(chain, inferenceLogAbi, sending)
const now = async () => Number((await chain.client.getBlock()).timestamp)

async function newKey(expiresAt?: number) {
  const account = privateKeyToAccount(generatePrivateKey())
  await chain.mined(await chain.client.sendTransaction({ to: account.address, value: 10n ** 18n }))
  if (expiresAt) await events(as(owner).write.authorize([account.address, expiresAt]))
  return account
}

let instances = 0

function newLog(sessionKey: LocalAccount, of: Address = owner.address) {
  const instance = toHex(++instances, { size: 32 })
  const key = { owner: of, sessionKey: sessionKey.address, instance }
  const logId = logIdOf({ ...key, chainId: chain.chainId, inferenceLog: log })
  const batch = (first: bigint, count: number, mode: BatchMode = 'inline', mark = 1n) =>
    buildBatch(
      logId,
      first,
      Array.from({ length: count }, (_, i) => ({
        modelId: toHex(BigInt(i % 3), { size: 32 }),
        environmentId: toHex(BigInt(i % 2), { size: 32 }),
        commitment: toHex(mark * 1000n + BigInt(i), { size: 32 }),
        servedAt: 1_790_000_000_000n + BigInt(i),
      })),
      mode,
    )
  const inline = (b: BuiltBatch, by = sessionKey) =>
    as(by).write.settleInline([key, b.first, b.count, b.root, toHex(b.data)])
  const external = (b: BuiltBatch, uri = '', by = sessionKey) =>
    as(by).write.settleExternal([key, b.first, b.count, b.root, b.dataDigest, stringToHex(uri)])
  const sign = (b: BuiltBatch, by = sessionKey) =>
    by.signTypedData(batchTypedData(b, chain.chainId, log))
  return { key, logId, batch, inline, external, sign }
}

describe('authorize', () => {
  test('default: authorizes, extends, and repeats without effect', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    const first = await events(as(owner).write.authorize([key, far]))
    expect(first).toEqual([
      {
        eventName: 'SessionKeyAuthorized',
        args: { owner: owner.address, sessionKey: key, expiresAt: far },
      },
    ])
    const authorizedAt = await now()
    expect(await events(as(owner).write.authorize([key, far]))).toEqual([])
    expect(await events(as(owner).write.authorize([key, far + 1]))).toHaveLength(1)
    expect(await as(owner).read.sessionKeyOf([owner.address, key])).toEqual({
      authorizedAt,
      expiresAt: far + 1,
      revokedAt: 0,
      compromisedSince: 0,
      compromiseReportedAt: 0,
    })
    expect(await as(owner).read.sessionKeyOf([stranger.address, key])).toMatchObject({
      authorizedAt: 0,
    })
  })

  test('error: zero key, past expiry, shortened, revoked', async () => {
    const { write } = as(owner)
    const key = privateKeyToAccount(generatePrivateKey()).address
    expect(await revert(write.authorize([zeroAddress, far]))).toEqual([
      'InferenceLog_ZeroSessionKey',
      [],
    ])
    expect((await revert(write.authorize([key, 1000])))[0]).toBe('InferenceLog_ExpiryInThePast')
    await events(write.authorize([key, far]))
    expect(await revert(write.authorize([key, far - 1]))).toEqual([
      'InferenceLog_AuthorizationNotExtended',
      [far, far - 1],
    ])
    await events(write.revokeSessionKey([key]))
    expect(await revert(write.authorize([key, far + 1]))).toEqual([
      'InferenceLog_SessionKeyRevoked',
      [owner.address, key, await now()],
    ])
  })
})

describe('by the owner’s signature', () => {
  const types = {
    SessionKeyAuthorization: [
      { name: 'owner', type: 'address' },
      { name: 'sessionKey', type: 'address' },
      { name: 'expiresAt', type: 'uint48' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    SessionKeyRevocation: [
      { name: 'owner', type: 'address' },
      { name: 'sessionKey', type: 'address' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    SessionKeyCompromise: [
      { name: 'owner', type: 'address' },
      { name: 'sessionKey', type: 'address' },
      { name: 'since', type: 'uint48' },
      { name: 'nonce', type: 'uint256' },
      { name: 'deadline', type: 'uint256' },
    ],
    Skip: [
      { name: 'logId', type: 'bytes32' },
      { name: 'first', type: 'uint64' },
      { name: 'count', type: 'uint32' },
      { name: 'deadline', type: 'uint256' },
    ],
  } as const
  const signer = accountOf(3)
  const sign = (primaryType: keyof typeof types, message: object, by: LocalAccount = signer) =>
    by.signTypedData({ domain: domainOf(chain.chainId, log), types, primaryType, message } as never)

  test('default: anyone can hand in an authorization, a report and a revocation', async () => {
    const sessionKey = privateKeyToAccount(generatePrivateKey()).address
    const base = { owner: signer.address, sessionKey, deadline: BigInt(far) }
    const nonce = await as(signer).read.nonces([signer.address])
    const { write } = as(stranger)
    const authorization = await sign('SessionKeyAuthorization', { ...base, expiresAt: far, nonce })
    const authorize = () =>
      write.authorizeBySig([signer.address, sessionKey, far, nonce, BigInt(far), authorization])
    expect(await events(authorize())).toMatchObject([{ eventName: 'SessionKeyAuthorized' }])
    expect((await revert(authorize()))[0]).toBe('InvalidAccountNonce')
    const report = await sign('SessionKeyCompromise', { ...base, since: 7, nonce: nonce + 1n })
    expect(
      await events(
        write.reportCompromiseBySig([
          signer.address,
          sessionKey,
          7,
          nonce + 1n,
          BigInt(far),
          report,
        ]),
      ),
    ).toEqual([
      { eventName: 'SessionKeyCompromised', args: { owner: signer.address, sessionKey, since: 7 } },
    ])
    const revocation = await sign('SessionKeyRevocation', { ...base, nonce: nonce + 2n })
    expect(
      await events(
        write.revokeSessionKeyBySig([
          signer.address,
          sessionKey,
          nonce + 2n,
          BigInt(far),
          revocation,
        ]),
      ),
    ).toEqual([{ eventName: 'SessionKeyRevoked', args: { owner: signer.address, sessionKey } }])
  })

  test('error: deadline, stranger, every byte flipped', async () => {
    const sessionKey = privateKeyToAccount(generatePrivateKey()).address
    const nonce = await as(signer).read.nonces([signer.address])
    const message = { owner: signer.address, sessionKey, expiresAt: far, nonce }
    const { write, simulate } = as(stranger)
    const late = await sign('SessionKeyAuthorization', { ...message, deadline: 5n })
    expect(
      (await revert(write.authorizeBySig([signer.address, sessionKey, far, nonce, 5n, late])))[0],
    ).toBe('InferenceLog_DeadlinePassed')
    const full = { ...message, deadline: BigInt(far) }
    const foreign = await sign('SessionKeyAuthorization', full, stranger)
    const good = await sign('SessionKeyAuthorization', full)
    const bad = [foreign, '0x' as const, ...flips(good)]
    for (const signature of bad) {
      const call = simulate.authorizeBySig([
        signer.address,
        sessionKey,
        far,
        nonce,
        BigInt(far),
        signature,
      ])
      expect((await revert(call))[0]).toBe('InferenceLog_InvalidSignature')
    }
  })

  test('behavior: skipBySig gives up the next numbers', async () => {
    const sessionKey = await newKey()
    const { key, logId } = newLog(sessionKey, signer.address)
    const signature = await sign('Skip', { logId, first: 0n, count: 4, deadline: BigInt(far) })
    const skip = () => as(stranger).write.skipBySig([key, 0n, 4, BigInt(far), signature])
    expect((await events(skip())).map(({ eventName }) => eventName)).toEqual([
      'InferenceLogOpened',
      'InferencesSkipped',
    ])
    expect((await revert(skip()))[0]).toBe('InferenceLog_Fork')
    const other = await sign(
      'Skip',
      { logId, first: 4n, count: 4, deadline: BigInt(far) },
      stranger,
    )
    expect((await revert(as(stranger).write.skipBySig([key, 4n, 4, BigInt(far), other])))[0]).toBe(
      'InferenceLog_InvalidSignature',
    )
  })
})

describe('revokeSessionKey', () => {
  test('behavior: is final, also for a key that was never authorized', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    expect(await events(as(owner).write.revokeSessionKey([key]))).toEqual([
      { eventName: 'SessionKeyRevoked', args: { owner: owner.address, sessionKey: key } },
    ])
    const revokedAt = await now()
    expect(await revert(as(owner).write.revokeSessionKey([key]))).toEqual([
      'InferenceLog_SessionKeyRevoked',
      [owner.address, key, revokedAt],
    ])
  })
})

describe('reportCompromise', () => {
  test('behavior: reaches back, never forward', async () => {
    const key = privateKeyToAccount(generatePrivateKey()).address
    const { write, read } = as(owner)
    expect((await revert(write.reportCompromise([key, far])))[0]).toBe(
      'InferenceLog_CompromiseInTheFuture',
    )
    await events(write.reportCompromise([key, 5000]))
    expect(await revert(write.reportCompromise([key, 5000]))).toEqual([
      'InferenceLog_CompromiseNotExtended',
      [5000, 5000],
    ])
    await events(write.reportCompromise([key, 0]))
    expect(await read.sessionKeyOf([owner.address, key])).toMatchObject({
      compromisedSince: 0,
      compromiseReportedAt: await now(),
    })
    expect((await revert(write.reportCompromise([key, 0])))[0]).toBe(
      'InferenceLog_CompromiseNotExtended',
    )
  })
})

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
    await chain.client.setNextBlockTimestamp({ timestamp: BigInt(expiresAt) + 1n })
    await chain.client.mine({ blocks: 1 })
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
    await chain.client.setStorageAt({
      address: log,
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

describe('isIncluded', () => {
  test('default: an inference at its place, and no other', async () => {
    const sessionKey = await newKey(far)
    const { logId, batch, inline } = newLog(sessionKey)
    await events(inline(batch(0n, 2)))
    const built = batch(2n, 7)
    await events(inline(built))
    const records = Array.from({ length: 7 }, (_, i) => ({
      modelId: toHex(BigInt(i % 3), { size: 32 }),
      environmentId: toHex(BigInt(i % 2), { size: 32 }),
      commitment: toHex(1000n + BigInt(i), { size: 32 }),
      servedAt: 1_790_000_000_000n + BigInt(i),
    }))
    const { read } = as(stranger)
    const other = newLog(sessionKey)
    for (const [i, inference] of inferencesOf(logId, 2n, records).entries()) {
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

test('expiry can be the largest there is', async () => {
  const key = privateKeyToAccount(generatePrivateKey()).address
  await events(as(owner).write.authorize([key, Number(maxUint48)]))
  expect(await as(owner).read.sessionKeyOf([owner.address, key])).toMatchObject({
    expiresAt: Number(maxUint48),
  })
})

/** Storage slot of a log's head: no test can settle 2^64 inferences. Slots 0 to 3: EIP712's names, nonces, session keys. */
function headSlot(logId: Hex): Hex {
  return keccak256(encodeAbiParameters([{ type: 'bytes32' }, { type: 'uint256' }], [logId, 4n]))
}

import * as assay from '@assay/sdk'
import { buildBatch, logIdOf } from '@assay/sdk/formats'
import { createWalletClient, http, keccak256, publicActions, toHex, type Hex, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { farFuture, type Session, startSession } from './support/session.ts'
import { accountOf } from '../indexer/support/chain.ts'

let session: Session
beforeAll(async () => {
  session = await startSession()
})
afterAll(() => session.stop())

let instances = 0

/** A log of its own, with a client that speaks for its key. */
function newLog(privateKey: Hex = session.sessionKey) {
  const account = privateKeyToAccount(privateKey)
  const { rpcUrl, addresses, chainId } = session.chain
  const inferenceLog = addresses.inferenceLog
  const client = createWalletClient({
    account,
    chain: hardhat,
    transport: http(rpcUrl),
    pollingInterval: 20,
  })
    .extend(publicActions)
    .extend(assay.assayActions())
  const instance = `0x${(++instances).toString(16).padStart(64, '0')}` as const
  const key = { owner: session.owner, sessionKey: account.address, instance }
  const logId = logIdOf({ ...key, chainId, inferenceLog })
  const batch = (first: bigint, count: number, mark = 1) =>
    buildBatch(
      logId,
      first,
      Array.from({ length: count }, (_, i) => ({
        modelId: zeroHash,
        environmentId: zeroHash,
        commitment: `0x${(mark * 1000 + i).toString(16).padStart(64, '0')}` as const,
        servedAt: BigInt(Date.now()),
      })),
      'inline',
    )
  const settle = async (built: ReturnType<typeof batch>, other: object = {}) => {
    const hash = await client.settleInline({ key, inferenceLog, ...built, ...other })
    return session.chain.mined(hash)
  }
  return { client, key, logId, batch, settle, inferenceLog }
}

describe('settleInline', () => {
  test('default: settles, is found, and includes its inferences', async () => {
    const { client, logId, batch, settle, inferenceLog } = newLog()
    const built = batch(0n, 3)
    await settle(built)
    const found = await client.getSettlement({ logId, root: built.root, inferenceLog })
    expect(found).toMatchObject({ first: 0n, count: 3, mode: 'inline', signedByKey: true })
    expect(await client.getHead({ logId, inferenceLog })).toBe(3n)
  })

  test('behavior: the identical batch again changes nothing', async () => {
    const { client, logId, batch, settle, inferenceLog } = newLog()
    const built = batch(0n, 2)
    await settle(built)
    const before = await client.getSettlement({ logId, root: built.root, inferenceLog })
    expect((await settle(built)).logs).toEqual([])
    expect(await client.getSettlement({ logId, root: built.root, inferenceLog })).toEqual(before)
    expect(await client.getHead({ logId, inferenceLog })).toBe(2n)
  })

  test('error: BatchGapError, BatchForkError, BatchCountMismatchError, BatchRootMismatchError', async () => {
    const { batch, settle } = newLog()
    await expect(settle(batch(1n, 1))).rejects.toThrow(assay.BatchGapError)
    await settle(batch(0n, 2))
    await expect(settle(batch(0n, 2, 2))).rejects.toThrow(assay.BatchForkError)
    await expect(settle(batch(1n, 2))).rejects.toThrow(assay.BatchForkError)
    await expect(settle(batch(3n, 1))).rejects.toThrow(
      'The batch begins at 3, but the inference log ends at 2: inferences would be missing.',
    )
    await expect(settle(batch(2n, 2), { count: 3 })).rejects.toThrow(assay.BatchCountMismatchError)
    await expect(settle(batch(2n, 2), { root: zeroHash })).rejects.toThrow(
      assay.BatchRootMismatchError,
    )
    await expect(settle(batch(2n, 2), { data: '0x02' })).rejects.toThrow(assay.ContractRefusalError)
  })

  test('error: SessionKeyNotAuthorizedError, SessionKeyExpiredError, SessionKeyRevokedError', async () => {
    const stranger = newLog(await session.newKey())
    await expect(stranger.settle(stranger.batch(0n, 1))).rejects.toThrow(
      assay.SessionKeyNotAuthorizedError,
    )

    const { timestamp } = await session.chain.client.getBlock()
    const brief = newLog(await session.newKey(Number(timestamp) + 60))
    await brief.settle(brief.batch(0n, 1))
    await session.chain.client.increaseTime({ seconds: 120 })
    await session.chain.client.mine({ blocks: 1 })
    await expect(brief.settle(brief.batch(1n, 1))).rejects.toThrow(assay.SessionKeyExpiredError)

    const key = await session.newKey(farFuture)
    const revoked = newLog(key)
    const { inferenceLog } = revoked
    const owner = createWalletClient({
      account: accountOf(1),
      chain: hardhat,
      transport: http(session.chain.rpcUrl),
    })
    const sessionKey = privateKeyToAccount(key).address
    await session.chain.mined(await assay.revokeSessionKey(owner, { sessionKey, inferenceLog }))
    await expect(revoked.settle(revoked.batch(0n, 1))).rejects.toThrow(assay.SessionKeyRevokedError)
    await expect(
      assay.authorizeSessionKey(owner, { sessionKey, expiresAt: farFuture, inferenceLog }),
    ).rejects.toThrow('which is final')
  })

  test('error: RpcUnreachableError, NoContractError, DeploymentNotFoundError', async () => {
    const { key, batch, client } = newLog()
    const nobody = createWalletClient({
      account: session.sessionAccount,
      chain: hardhat,
      transport: http('http://127.0.0.1:9', { retryCount: 0 }),
    })
    const parameters = { key, ...batch(0n, 1), inferenceLog: session.chain.addresses.inferenceLog }
    await expect(assay.settleInline(nobody, parameters)).rejects.toThrow(assay.RpcUnreachableError)
    const empty = '0x00000000000000000000000000000000000000dd'
    await expect(client.getHead({ logId: zeroHash, inferenceLog: empty })).rejects.toThrow(
      assay.NoContractError,
    )
    const elsewhere = createWalletClient({
      account: session.sessionAccount,
      chain: { ...hardhat, id: 424242 },
      transport: http(session.chain.rpcUrl),
    })
    expect(() => assay.addressOf(elsewhere, 'inferenceLog')).toThrow(assay.DeploymentNotFoundError)
  })
})

describe('direct', () => {
  test('behavior: of two that settle the same batch, none names a transaction that did nothing', async () => {
    const { key, batch, inferenceLog } = newLog()
    const { chainId, rpcUrl, client } = session.chain
    const built = batch(0n, 2)
    const place = { ...key, chainId, inferenceLog }
    const account = session.sessionAccount
    // As a process does that took over from one that was killed while its transaction was under way.
    await client.setAutomine(false)
    const submit = () =>
      assay.direct({ rpcUrl, chainId, account, timeoutMillis: 10_000 })({
        place,
        batch: built,
        signature: '0x',
      })
    const waiting = (count: number) =>
      expect
        .poll(() => client.getBlockTransactionCount({ blockTag: 'pending' }), { timeout: 5_000 })
        .toBe(count)
    const first = submit()
    await waiting(1)
    const second = submit()
    await waiting(2)
    await client.mine({ blocks: 1 })
    await client.setAutomine(true)
    const hashes = (await Promise.all([first, second])).flatMap(
      ({ transactionHash }) => transactionHash ?? [],
    )
    expect(hashes).toHaveLength(1)
    const { logs } = await client.getTransactionReceipt({ hash: hashes[0] as Hex })
    expect(logs.length).toBeGreaterThan(0)
  })
})

describe('a recorder', () => {
  test('behavior: keeps what it recorded while the RPC is down, and settles it later', async () => {
    const directory = await session.directory()
    const errors: unknown[] = []
    const journal = assay.fileJournal({ directory })
    const down = await session.recorder({
      rpcUrl: 'http://127.0.0.1:9',
      journal,
      onError: (error) => errors.push(error),
    })
    const recorded = await down.record({ request: 'q', response: 'a' })
    await expect(down.flush()).rejects.toThrow(assay.RpcUnreachableError)
    await down.shutdown()
    expect(errors[0]).toBeInstanceOf(assay.RpcUnreachableError)

    const up = await session.recorder({ journal })
    const receipt = await up.receiptOf(recorded?.inferenceId)
    expect(receipt?.inferenceId).toBe(recorded?.inferenceId)
    const { policy, chain } = session
    expect((await assay.verifyReceipt(receipt, { policy, client: chain.client })).status).toBe(
      'verified',
    )
  })

  test('behavior: reports a chain that is not the configured one', async () => {
    const recorder = await session.recorder({ chainId: 5, onError: () => {} })
    await recorder.record({ request: 'q', response: 'a' })
    await expect(recorder.flush()).rejects.toThrow(assay.ChainMismatchError)
  })

  test('behavior: settles batch after batch, none larger than maxExportBatchSize', async () => {
    const recorder = await session.recorder({ maxExportBatchSize: 4, scheduledDelayMillis: 20 })
    const recorded = await Promise.all(
      Array.from({ length: 10 }, (_, i) => recorder.record({ request: `${i}`, response: 'a' })),
    )
    await recorder.flush()
    const receipts = await Promise.all(recorded.map((it) => recorder.receiptOf(it)))
    expect(receipts.map((receipt) => receipt?.inference.sequence)).toEqual(
      Array.from({ length: 10 }, (_, i) => String(i)),
    )
    expect(
      receipts.map((receipt) => Number(receipt?.batch.count)).every((count) => count <= 4),
    ).toBe(true)
    expect(recorder.status()).toMatchObject({ recorded: 10, settled: 10, pending: 0, dropped: 0 })
  })

  test('behavior: splits where a transaction would use too much gas, whatever the batches name', async () => {
    const recorder = await session.recorder({
      maxExportBatchSize: 7_000,
      scheduledDelayMillis: 60_000,
    })
    const count = 5_000
    // The dearest there is: every inference names a model and an environment of its own.
    await Promise.all(
      Array.from({ length: count }, (_, i) => {
        const modelId = keccak256(toHex(i))
        const environmentId = keccak256(modelId)
        return recorder.record({ request: `${i}`, response: 'a', modelId, environmentId })
      }),
    )
    const from = (await session.chain.client.getBlockNumber()) + 1n
    await recorder.flush()
    const used: bigint[] = []
    for (let n = from; n <= (await session.chain.client.getBlockNumber()); n++) {
      used.push((await session.chain.client.getBlock({ blockNumber: n })).gasUsed)
    }
    expect(recorder.status()).toMatchObject({ settled: count, pending: 0 })
    expect(used.length).toBeGreaterThan(1)
    expect(used.every((gas) => gas < 16_777_216n)).toBe(true)
    // The bound is no wild guess: a full batch comes close.
    expect(used[0]).toBeGreaterThan(12_000_000n)
  })

  test('behavior: a batch that was signed before a crash is settled as it was signed', async () => {
    const directory = await session.directory()
    const journal = assay.fileJournal({ directory })
    let signed: assay.SignedBatch | undefined
    const crashing = await session.recorder({
      journal,
      submit: (batch) => {
        signed = batch
        return Promise.reject(new Error('crash'))
      },
      onError: () => {},
    })
    const recorded = await crashing.record({ request: 'q', response: 'a' })
    await expect(crashing.flush()).rejects.toThrow('crash')
    await crashing.shutdown()
    const next = await session.recorder({ journal })
    await next.record({ request: 'later', response: 'b' })
    const receipt = await next.receiptOf(recorded?.inferenceId)
    expect(receipt?.batch.signature).toBe(signed?.signature)
    expect(receipt?.batch.count).toBe('1')
  })
})

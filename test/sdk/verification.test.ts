import {
  type CheckName,
  createRecorder,
  defaultPolicy,
  type InferenceReceipt,
  memoryJournal,
  namedModelIdOf,
  type Recorder,
  type RecordParameters,
  registerEnvironment,
  type VerificationReport,
  verifyReceipt,
} from '@assay/sdk'
import { createClient, createWalletClient, custom, http, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { farFuture, type Session, startSession } from './support/session.ts'

let session: Session
let recorder: Recorder
beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
})
afterAll(() => session.stop())

const ownerOf = () => session.chain.as(accountOf(1))
const time = async () => Number((await session.chain.client.getBlock()).timestamp)

async function receiptFor(
  parameters: Partial<RecordParameters> = {},
  by = recorder,
): Promise<InferenceReceipt> {
  const recorded = await by.record({ request: 'q', response: 'a', ...parameters })
  const receipt = await by.receiptOf(recorded)
  if (!receipt) return expect.unreachable('there is no receipt')
  return receipt
}

const verify = (receipt: InferenceReceipt) =>
  verifyReceipt(receipt, { policy: session.policy, client: session.chain.client })

function line(report: VerificationReport, name: CheckName) {
  const { status, source, reason } = report.checks.find((check) => check.name === name) ?? {}
  return { status, source, reason }
}

/** Lets the chain's clock, and what is recorded from now on, be later. */
async function later(seconds: number) {
  await session.chain.client.increaseTime({ seconds })
  await session.chain.client.mine({ blocks: 1 })
}

async function withKey(expiresAt = farFuture) {
  const sessionKey = await session.newKey(expiresAt)
  return {
    sessionKey,
    address: privateKeyToAccount(sessionKey).address,
    by: await session.recorder({ sessionKey }),
  }
}

describe('the record', () => {
  test('default: chain 31337 is called local, and the block is named', async () => {
    const report = await verify(await receiptFor())
    expect(report.status).toBe('verified')
    expect(report.chain).toMatchObject({ id: '31337', local: true })
    expect(report.chain.block?.number).toMatch(/^\d+$/)
    expect(report.notProven.length).toBeGreaterThan(0)
  })

  test('behavior: what is not settled is unknown', async () => {
    await receiptFor()
    const { policy, chain } = session
    const snapshot = await chain.client.snapshot()
    const receipt = await receiptFor()
    await chain.client.revert({ id: snapshot })
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    expect(report.status).toBe('unknown')
    expect(line(report, 'settlement').status).toBe('unknown')
    // The recorder holds the settlement for done: it is not used any further.
    recorder = await session.recorder()
  })

  test('behavior: contracts and chains come from the policy, never from the receipt', async () => {
    const receipt = await receiptFor()
    const { client, addresses } = session.chain
    const foreign = {
      ...defaultPolicy,
      chains: { 31337: { ...addresses, inferenceLog: addresses.modelRegistry } },
    }
    const elsewhere = { ...defaultPolicy, chains: {} }
    for (const policy of [foreign, elsewhere]) {
      const report = await verifyReceipt(receipt, { policy, client })
      expect(report.status).toBe('unknown')
      expect(line(report, 'settlement').status).toBe('unknown')
    }
  })

  test('behavior: an endpoint of another chain, one that is down or one that lies is a reason not to know', async () => {
    const receipt = await receiptFor()
    const answering = (answer: unknown) =>
      createClient({ transport: custom({ request: () => Promise.resolve(answer) }) })
    const clients = [
      answering('0x1'),
      answering('garbage'),
      answering('0x7a69'),
      answering(null),
      createClient({ transport: http('http://127.0.0.1:9', { retryCount: 0 }) }),
    ]
    for (const client of clients) {
      const report = await verifyReceipt(receipt, { policy: session.policy, client })
      expect(report.status).toBe('unknown')
      expect(line(report, 'settlement').status).not.toBe('verified')
      expect(line(report, 'inclusion').status).toBe('verified')
    }
  })
})

describe('the key', () => {
  test('behavior: revoked later, good then', async () => {
    const { address, by } = await withKey()
    const receipt = await receiptFor({}, by)
    await later(3600)
    await session.chain.mined(await ownerOf().log.write.revokeSessionKey([address]))
    const report = await verify(receipt)
    expect(report.status).toBe('verified')
    expect(line(report, 'sessionKey').status).toBe('verified')
  })

  test('behavior: compromised since before the settlement is unknown, and says who and when', async () => {
    const { address, by } = await withKey()
    const before = await receiptFor({}, by)
    await later(3600)
    const since = await time()
    await later(3600)
    const after = await receiptFor({ servedAt: 1 }, by)
    await session.chain.mined(await ownerOf().log.write.reportCompromise([address, since]))
    expect(line(await verify(before), 'sessionKey').status).toBe('verified')
    const report = await verify(after)
    const { status, reason } = line(report, 'sessionKey')
    expect([status, report.status]).toEqual(['unknown', 'unknown'])
    expect(reason).toContain(new Date(since * 1000).toISOString())
  })

  test('behavior: the owner in the place of a lost key', async () => {
    const { sessionKey } = await withKey()
    const journal = memoryJournal()
    const { chain, owner } = session
    const by = createRecorder({
      chainId: chain.chainId,
      owner,
      sessionKey,
      inferenceLog: chain.addresses.inferenceLog,
      journal,
      scheduledDelayMillis: 20,
      async submit({ place, batch }) {
        const data = `0x${Buffer.from(batch.data).toString('hex')}` as const
        const call = ownerOf().log.write.settleInline([
          place,
          batch.first,
          batch.count,
          batch.root,
          data,
        ])
        return { transactionHash: (await chain.mined(await call)).transactionHash }
      },
    })
    const report = await verify(await receiptFor({}, by))
    expect(report.status).toBe('verified')
    expect(line(report, 'sessionKey').reason).toContain('The owner settled')
    await by.shutdown()
  })
})

describe('the environment', () => {
  async function environment(key = session.sessionKey, validUntil = farFuture) {
    const { rpcUrl, addresses } = session.chain
    const client = createWalletClient({
      account: accountOf(1),
      chain: hardhat,
      transport: http(rpcUrl),
    })
    const account = privateKeyToAccount(key)
    const { environmentId, transactionHash } = await registerEnvironment(client, {
      kind: 'none',
      measurement: `0x${Math.random().toString(16).slice(2).padEnd(64, '0').slice(0, 64)}`,
      keyType: 'secp256k1',
      key: account.publicKey,
      attestationDigest: zeroHash,
      validUntil,
      proveKey: (typedData) => account.signTypedData(typedData),
      environmentRegistry: addresses.environmentRegistry,
    })
    await session.chain.mined(transactionHash)
    return environmentId
  }
  const servedNow = async () => ({ servedAt: (await time()) * 1000 })

  test('behavior: naming one proves nothing; that its own key signed is said', async () => {
    const own = await environment()
    const foreign = await environment(await session.newKey())
    const mine = line(
      await verify(await receiptFor({ environmentId: own, ...(await servedNow()) })),
      'environment',
    )
    expect(mine).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(mine.reason).toContain('its own key signed')
    const named = line(
      await verify(await receiptFor({ environmentId: foreign, ...(await servedNow()) })),
      'environment',
    )
    expect(named.reason).toContain('whose key is another')
    const none = line(await verify(await receiptFor()), 'environment')
    expect(none).toMatchObject({ status: 'unknown', source: 'declared' })
  })

  test('behavior: revoked: good before, refuted after; compromised: unknown from then on', async () => {
    const id = await environment()
    await later(60)
    const before = await receiptFor({ environmentId: id, ...(await servedNow()) })
    await later(60)
    await session.chain.mined(await ownerOf().environments.write.revoke([id]))
    await later(60)
    const after = await receiptFor({ environmentId: id, ...(await servedNow()) })
    expect(line(await verify(before), 'environment').status).toBe('unknown')
    expect(await verify(after)).toMatchObject({ status: 'refuted' })
    await session.chain.mined(await ownerOf().environments.write.reportCompromise([id, 0]))
    const { status, reason } = line(await verify(before), 'environment')
    expect(status).toBe('unknown')
    expect(reason).toContain('reported at')
  })

  test('behavior: after its end it is refuted', async () => {
    const id = await environment(session.sessionKey, (await time()) + 30)
    await later(60)
    const report = await verify(await receiptFor({ environmentId: id, ...(await servedNow()) }))
    expect(line(report, 'environment').status).toBe('refuted')
  })
})

describe('the model', () => {
  test('behavior: declared is never verified, whatever the registry says', async () => {
    const model = {
      name: 'm',
      version: '1',
      manifestDigest: `0x${'5'.repeat(64)}`,
      signingRoot: zeroHash,
      uri: '',
    } as const
    await session.chain.mined(await ownerOf().models.write.publish([model]))
    const modelId = await ownerOf().models.read.modelIdOf([
      session.owner,
      'm',
      '1',
      model.manifestDigest,
    ])
    const published = line(await verify(await receiptFor({ modelId })), 'model')
    expect(published).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(published.reason).toContain(session.owner.toLowerCase())
    await session.chain.mined(await ownerOf().models.write.retire([modelId, 'old']))
    expect(line(await verify(await receiptFor({ modelId })), 'model').reason).toContain('retired')
    const named = await receiptFor({
      modelId: namedModelIdOf('https://api.example.com', 'gpt'),
      model: 'gpt',
      endpoint: 'https://api.example.com/v1/chat/completions',
    })
    expect(line(await verify(named), 'model').reason).toContain('names “gpt” publicly')
    const nowhere = await receiptFor({ modelId: `0x${'6'.repeat(64)}` })
    expect(line(await verify(nowhere), 'model').reason).toContain('not in the registry')
  })
})

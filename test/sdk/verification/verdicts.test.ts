import {
  type InferenceReceipt,
  type PolicyAuditor,
  postVerdicts,
  type Recorder,
  type SubjectKind,
  type VerificationPolicy,
  verifyReceipt,
  verdictIdOf,
  withdrawVerdicts,
} from '@assay/sdk'
import { createHash } from 'node:crypto'
import { createWalletClient, type Hex, hexToBytes, http, zeroHash } from 'viem'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../../indexer/support/chain.ts'
import { deployCredulousVerifier } from '../support/credulous-verifier.ts'
import { type Session, startSession } from '../support/session.ts'
import { environmentOf, lineOf, receiptBy } from '../support/verified.ts'

let session: Session
let recorder: Recorder
let modelId: Hex
beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
  const { models } = session.chain.as(accountOf(1))
  const manifestDigest: Hex = `0x${'5'.repeat(64)}`
  const model = { name: 'm', version: '1', manifestDigest, signingRoot: zeroHash, uri: '' }
  await session.chain.mined(await models.write.publish([model]))
  modelId = await models.read.modelIdOf([session.owner, 'm', '1', manifestDigest])
})
afterAll(() => session.stop())

const auditor = accountOf(5)
const stranger = accountOf(6)
const owner = () => session.owner

const believing = (parts: Partial<PolicyAuditor> = {}): PolicyAuditor => ({
  account: auditor.address,
  subjects: ['model', 'environment', 'inference'],
  tags: ['audit'],
  minScore: 80,
  ...parts,
})

const verify = (receipt: InferenceReceipt, parts: Partial<VerificationPolicy>) =>
  verifyReceipt(receipt, {
    policy: { ...session.policy, ...parts },
    client: session.chain.client,
  })

async function post(
  subjectKind: SubjectKind,
  subject: Hex,
  score: number,
  options: { tag?: string; evidenceDigest?: Hex; by?: typeof auditor } = {},
) {
  const { tag = 'audit', evidenceDigest = zeroHash, by = auditor } = options
  const { rpcUrl, addresses, mined, chainId } = session.chain
  const client = createWalletClient({ account: by, chain: hardhat, transport: http(rpcUrl) })
  const { verdictRegistry } = addresses
  const verdict = { subjectKind, subject, score, tag, evidenceDigest }
  await mined(await postVerdicts(client, { verdicts: [verdict], verdictRegistry }))
  const verdictId = verdictIdOf(verdict, { chainId, verdictRegistry, author: auditor.address })
  return {
    withdraw: async (withdrawer = by) => {
      const wallet = createWalletClient({
        account: withdrawer,
        chain: hardhat,
        transport: http(rpcUrl),
      })
      const call = { verdictIds: [verdictId], verdictRegistry }
      await mined(await withdrawVerdicts(wallet, call))
    },
  }
}

async function now() {
  const { timestamp } = await session.chain.client.getBlock()
  return Number(timestamp)
}

describe('the output', () => {
  const judged = async (receipt: InferenceReceipt, auditors = [believing()]) =>
    lineOf(await verify(receipt, { auditors }), 'output')

  test('default: nobody spoke of it: declared', async () => {
    expect(await judged(await receiptBy(recorder))).toMatchObject({
      status: 'unknown',
      source: 'declared',
    })
  })

  test('behavior: an auditor that the policy believes verifies it, vouched, by name', async () => {
    const receipt = await receiptBy(recorder)
    await post('inference', receipt.inferenceId, 80)
    const line = await judged(receipt)
    expect(line).toMatchObject({ status: 'verified', source: 'vouched' })
    expect(line.reason).toContain(auditor.address.toLowerCase())
    expect(line.reason).toContain('“audit” with 80 of 100')
    expect(await judged(receipt, [])).toMatchObject({ status: 'unknown', source: 'declared' })
  })

  test.each<[string, Partial<PolicyAuditor>, Parameters<typeof post>[3]]>([
    ['another account', {}, { by: stranger }],
    ['another tag', {}, { tag: 'audited' }],
    ['another subject', { subjects: ['model', 'environment'] }, {}],
  ])(
    'behavior: a verdict under %s than the policy believes changes nothing',
    async (_, parts, options) => {
      const receipt = await receiptBy(recorder)
      for (const score of [0, 50, 100]) await post('inference', receipt.inferenceId, score, options)
      expect(await judged(receipt, [believing(parts)])).toMatchObject({ source: 'declared' })
    },
  )

  test('behavior: a verdict on the id as if it were a model’s changes nothing', async () => {
    const receipt = await receiptBy(recorder)
    await post('model', receipt.inferenceId, 100)
    expect(await judged(receipt)).toMatchObject({ source: 'declared' })
  })

  test('behavior: a low score leaves it unknown, a score of 0 refutes it and the report', async () => {
    const receipt = await receiptBy(recorder)
    await post('inference', receipt.inferenceId, 79)
    expect(await judged(receipt)).toMatchObject({ status: 'unknown', source: 'vouched' })
    await post('inference', receipt.inferenceId, 0)
    expect(await judged(receipt)).toMatchObject({ status: 'refuted', source: 'vouched' })
    expect((await verify(receipt, { auditors: [believing()] })).status).toBe('refuted')
    expect((await verify(receipt, {})).status).toBe('verified')
  })

  test('behavior: a verdict has to meet each entry of the policy that it fits, in whatever order', async () => {
    const receipt = await receiptBy(recorder)
    await post('inference', receipt.inferenceId, 90)
    const entries = [believing(), believing({ minScore: 95 })]
    for (const auditors of [entries, entries.toReversed()]) {
      expect(await judged(receipt, auditors)).toMatchObject({ status: 'unknown' })
    }
    await post('inference', receipt.inferenceId, 95)
    const line = await judged(receipt, entries)
    expect(line.status).toBe('verified')
    expect(line.reason?.match(/says/g)).toHaveLength(1)
  })

  test('behavior: of two auditors the one that objects decides', async () => {
    const receipt = await receiptBy(recorder)
    const auditors = [believing(), believing({ account: stranger.address })]
    await post('inference', receipt.inferenceId, 100)
    await post('inference', receipt.inferenceId, 20, { by: stranger })
    expect(await judged(receipt, auditors)).toMatchObject({ status: 'unknown' })
    await post('inference', receipt.inferenceId, 0, { by: stranger })
    expect(await judged(receipt, auditors)).toMatchObject({ status: 'refuted' })
  })

  test('behavior: an auditor’s last word counts, not its first', async () => {
    const receipt = await receiptBy(recorder)
    await post('inference', receipt.inferenceId, 0)
    await post('inference', receipt.inferenceId, 100)
    expect(await judged(receipt)).toMatchObject({ status: 'verified' })
  })

  test('behavior: what is withdrawn does not count, until it is posted again; nobody else can withdraw', async () => {
    const receipt = await receiptBy(recorder)
    const verdict = await post('inference', receipt.inferenceId, 100)
    await verdict.withdraw(stranger)
    expect(await judged(receipt)).toMatchObject({ status: 'verified' })
    await verdict.withdraw()
    expect(await judged(receipt)).toMatchObject({ source: 'declared' })
    await post('inference', receipt.inferenceId, 100)
    expect(await judged(receipt)).toMatchObject({ status: 'verified' })
  })

  test('behavior: a verdict that is too old for the policy does not count', async () => {
    const receipt = await receiptBy(recorder)
    await post('inference', receipt.inferenceId, 100)
    const aged = [believing({ maxAgeSeconds: 600 })]
    expect(await judged(receipt, aged)).toMatchObject({ status: 'verified' })
    await session.chain.client.increaseTime({ seconds: 3600 })
    await session.chain.client.mine({ blocks: 1 })
    expect(await judged(receipt, aged)).toMatchObject({ source: 'declared' })
    recorder = await session.recorder()
  })

  test('behavior: the verdict is read at the pinned block, not at a later one', async () => {
    const receipt = await receiptBy(recorder)
    await post('inference', receipt.inferenceId, 100)
    const { chainId, addresses } = session.chain
    const chains = { [chainId]: { ...addresses, finality: { confirmations: 2 } } }
    const report = await verify(receipt, { auditors: [believing()], chains })
    expect(report.status).toBe('verified')
    expect(lineOf(report, 'output')).toMatchObject({ source: 'declared' })
  })
})

describe('the model', () => {
  const judged = async (parts: Partial<VerificationPolicy>, id = modelId) =>
    lineOf(await verify(await receiptBy(recorder, { modelId: id }), parts), 'model')

  test('behavior: verified by a publisher that the policy accepts, whose word alone it is', async () => {
    const line = await judged({ publishers: [owner()] })
    expect(line).toMatchObject({ status: 'verified', source: 'vouched' })
    expect(line.reason).toContain('“m” 1, published by')
    expect(await judged({ publishers: [stranger.address] })).toMatchObject({ status: 'unknown' })
    expect(await judged({})).toMatchObject({ status: 'unknown', source: 'declared' })
  })

  test('behavior: verified or refuted by an auditor, whom a publisher does not outvote', async () => {
    await post('model', modelId, 100)
    expect(await judged({ auditors: [believing()] })).toMatchObject({ status: 'verified' })
    await post('model', modelId, 0)
    const both = { auditors: [believing()], publishers: [owner()] }
    expect(await judged(both)).toMatchObject({ status: 'refuted' })
  })

  test('behavior: no verdict makes a model of one that nobody published', async () => {
    const nowhere: Hex = `0x${'6'.repeat(64)}`
    await post('model', nowhere, 100)
    expect(await judged({ auditors: [believing()] }, nowhere)).toMatchObject({
      status: 'unknown',
      source: 'declared',
    })
  })
})

describe('the environment', () => {
  async function served(environmentId: Hex, by = recorder, parts = {}) {
    return receiptBy(by, { environmentId, servedAt: (await now()) * 1000, ...parts })
  }
  const judged = async (receipt: InferenceReceipt, parts: Partial<VerificationPolicy>) =>
    lineOf(await verify(receipt, parts), 'environment')

  test('behavior: verified if its own key signed and an auditor attests it; by another key never', async () => {
    const own = await environmentOf(session, session.sessionKey)
    const foreign = await environmentOf(session, await session.newKey())
    for (const id of [own, foreign]) await post('environment', id, 100)
    const auditors = [believing()]
    const receipt = await served(own)
    expect(await judged(receipt, { auditors })).toMatchObject({
      status: 'verified',
      source: 'vouched',
    })
    expect(await judged(receipt, {})).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(await judged(await served(foreign), { auditors })).toMatchObject({
      status: 'unknown',
      source: 'declared',
    })
  })

  test('behavior: verified by a contract that the policy believes, if all its conditions are met', async () => {
    const verifier = await deployCredulousVerifier(session.chain)
    const id = await environmentOf(session, session.sessionKey, { verifier })
    const receipt = await served(id)
    const environment = await session.chain.as(accountOf(1)).environments.read.environmentOf([id])
    const met = {
      verifiers: [verifier],
      registrants: [owner()],
      kinds: ['none'],
      measurements: [environment.measurement],
      maxAgeSeconds: 86_400,
    }
    expect(await judged(receipt, { environments: met })).toMatchObject({
      status: 'verified',
      source: 'vouched',
    })
    const unmet: VerificationPolicy['environments'][] = [
      undefined,
      {},
      { ...met, verifiers: [stranger.address] },
      { ...met, registrants: [stranger.address] },
      { ...met, kinds: ['tdx', 'nitro'] },
      { ...met, measurements: [zeroHash] },
      { ...met, attestationRoots: [zeroHash] },
    ]
    for (const environments of unmet) {
      const parts = environments ? { environments } : {}
      expect(await judged(receipt, parts), JSON.stringify(environments)).toMatchObject({
        status: 'unknown',
        source: 'declared',
      })
    }
  })

  test('behavior: registered too long before the settlement for the policy', async () => {
    const id = await environmentOf(session, session.sessionKey)
    await post('environment', id, 100)
    await session.chain.client.increaseTime({ seconds: 7200 })
    await session.chain.client.mine({ blocks: 1 })
    recorder = await session.recorder()
    const receipt = await served(id)
    const auditors = [believing()]
    const old = await judged(receipt, { auditors, environments: { maxAgeSeconds: 3600 } })
    expect(old.status).toBe('unknown')
    expect(old.reason).toContain('registered more than 3600 s before the settlement')
    expect(await judged(receipt, { auditors })).toMatchObject({ status: 'verified' })
  })

  test('behavior: an auditor that links its code to the model verifies the output, only with the environment', async () => {
    const id = await environmentOf(session, session.sessionKey)
    const evidenceDigest: Hex = `0x${createHash('sha256').update(hexToBytes(modelId)).digest('hex')}`
    const tag = 'measurement-to-model'
    await post('environment', id, 100, { tag, evidenceDigest })
    const auditors = [believing({ tags: ['audit', tag] })]
    const output = async (receipt: InferenceReceipt) =>
      lineOf(await verify(receipt, { auditors }), 'output')
    const receipt = await served(id, recorder, { modelId })
    // The link says nothing of the environment itself.
    expect(await judged(receipt, { auditors })).toMatchObject({ status: 'unknown' })
    expect(await output(receipt)).toMatchObject({ status: 'unknown', source: 'declared' })
    await post('environment', id, 100)
    expect(await output(receipt)).toMatchObject({ status: 'verified', source: 'vouched' })
    const other = await served(id, recorder, { modelId: zeroHash })
    expect(await output(other)).toMatchObject({ status: 'unknown', source: 'declared' })
  })
})

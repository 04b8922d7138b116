import { attestationReader } from '@assay/attestation'
import { chatSignatures } from '@assay/attestation/evidence'
import {
  fileContentStore,
  getEnvironment,
  type InferenceReceipt,
  redactReceipt,
  revokeEnvironment,
  verifyBundle,
  verifyReceipt,
  type VerifyReceiptOptions,
} from '@assay/sdk'
import { EvidenceNotKeptError, providerEvidence } from '@assay/sdk/evidence'
import { attachEvidence, createBundle } from '@assay/sdk/formats'
import OpenAI from 'openai'
import { createWalletClient, type Hex, http, sha256 } from 'viem'
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { judge, publish } from '../sdk/support/registered.ts'
import { farFuture, type Session, startSession } from '../sdk/support/session.ts'
import { lineOf } from '../sdk/support/verified.ts'
import {
  behindNow,
  documentHolding,
  registerArchived,
  registerWith,
} from './support/attested-environment.ts'
import { type SigningProvider, startSigningProvider } from './support/signing-provider.ts'

const account = privateKeyToAccount(generatePrivateKey())
const auditor = accountOf(5)
const attestation = documentHolding(account.publicKey)
const { document, pin } = attestation

let session: Session
let provider: SigningProvider
let environmentId: Hex
beforeAll(async () => {
  session = await startSession(behindNow())
  provider = await startSigningProvider(account)
  environmentId = await registerWith(session, account, attestation)
})
afterAll(async () => {
  provider.stop()
  await session.stop()
})

/** A receipt of an answer of the provider, and what its recorder told. */
async function answered(
  behaviour: Partial<SigningProvider['behaviour']> = {},
  ids: { environmentId?: Hex; modelId?: Hex } = { environmentId },
) {
  Object.assign(provider.behaviour, { model: 'a/model:7b', late: 0, change: undefined }, behaviour)
  const errors: unknown[] = []
  const source = chatSignatures({ baseUrl: provider.baseURL, apiKey: 'secret' })
  const directory = await session.directory()
  const recorder = await session.recorder({
    ...ids,
    evidence: providerEvidence({
      ...{ sources: [source], store: fileContentStore({ directory }), giveUpAfterMillis: 2_500 },
    }),
    onError: (error) => errors.push(error),
  })
  const { baseURL } = provider
  const client = new OpenAI({ apiKey: 'k', baseURL, fetch: recorder.fetch })
  const content = `Hi ${Math.random()}`
  const answer = client.chat.completions.create({
    model: 'm',
    messages: [{ role: 'user', content }],
  })
  const receipt = (await recorder.receiptOf(answer)) as InferenceReceipt
  return { receipt, errors }
}

const archives = [document]
const reader = attestationReader({ archives })
const verify = (receipt: unknown, options: Partial<VerifyReceiptOptions> = {}) =>
  verifyReceipt(receipt, {
    policy: {
      ...session.policy,
      require: [...session.policy.require, 'environment', 'evidence'],
      environments: { attestationRoots: [pin] },
    },
    client: session.chain.client,
    attestations: reader,
    ...options,
  })

describe('evidence in receipts', () => {
  test('default: an attested key signed the exchange: environment and exchange are proven', async () => {
    const { receipt, errors } = await answered()
    expect(errors).toEqual([])
    expect(receipt.evidence).toHaveLength(1)
    const report = await verify(receipt)
    expect(lineOf(report, 'environment')).toMatchObject({ status: 'verified', source: 'proven' })
    expect(lineOf(report, 'environment').reason).toContain('as the model’s enclave')
    const line = lineOf(report, 'evidence')
    expect(line).toMatchObject({ status: 'verified', source: 'proven' })
    expect(line.reason).toContain('“a/model:7b”')
    expect(report.status).toBe('verified')
    const { authorization, url } = provider.asked.at(-1)!
    expect(authorization).toBe('Bearer secret')
    expect(url).toMatch(/^\/v1\/signature\/chat-\d+\?model=m&signing_algo=ecdsa$/)
  })

  test('behavior: asked again until it is there, without holding up the call', async () => {
    const { receipt, errors } = await answered({ late: 1 })
    expect(errors).toEqual([])
    expect((await verify(receipt)).status).toBe('verified')
  })

  test('behavior: what never comes is told, and the receipt is without', async () => {
    const { receipt, errors } = await answered({ late: 1_000 })
    expect(errors).toEqual([expect.any(EvidenceNotKeptError)])
    expect(errors[0]).toHaveProperty('failure', 'missing')
    expect(receipt).not.toHaveProperty('evidence')
    const report = await verify(receipt)
    expect(lineOf(report, 'environment')).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(report.status).toBe('unknown')
  })

  test('behavior: what is signed of another exchange is not kept', async () => {
    const { receipt, errors } = await answered({
      change: (it) => ({
        ...it,
        text: it.text.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      }),
    })
    expect(errors).toEqual([expect.objectContaining({ failure: 'refused' })])
    expect(receipt).not.toHaveProperty('evidence')
  })

  test('behavior: evidence of one exchange refutes the receipt of another', async () => {
    const [{ receipt }, { receipt: other }] = [await answered(), await answered()]
    const report = await verify(attachEvidence(receipt, other.evidence!))
    expect(lineOf(report, 'evidence')).toMatchObject({ status: 'refuted', source: 'proven' })
    expect(lineOf(report, 'environment')).toMatchObject({ status: 'unknown' })
    expect(report.status).toBe('refuted')
  })

  test('behavior: a gateway’s signature shows the gateway, and never which model answered', async () => {
    const modelId = await publish(session, accountOf(1))
    const judged = { subjectKind: 'environment', subject: environmentId, score: 100 } as const
    await judge(session, auditor, {
      ...{ ...judged, tag: 'measurement-to-model', evidenceDigest: sha256(modelId) },
    })
    const policy = {
      ...session.policy,
      environments: { attestationRoots: [pin] },
      auditors: [
        {
          ...{ account: auditor.address, minScore: 100, tags: ['measurement-to-model'] },
          subjects: ['environment'] as const,
        },
      ],
    }
    const lines = async (model: string | undefined) => {
      const { receipt } = await answered({ model }, { environmentId, modelId })
      const report = await verify(receipt, { policy })
      return (['environment', 'evidence', 'output'] as const).map((name) => lineOf(report, name))
    }
    const [there, signed, output] = await lines('m')
    expect([there, signed, output].map((it) => it?.status)).toEqual(Array(3).fill('verified'))
    const [gateway, passed, none] = await lines(undefined)
    expect(gateway?.reason).toContain('as a gateway')
    expect(passed?.reason).toContain('not which model wrote it')
    expect([gateway, passed].map((it) => it?.status)).toEqual(Array(2).fill('verified'))
    expect(none).toMatchObject({ status: 'unknown', source: 'declared' })
  })

  test('behavior: another key than the environment’s shows nothing of the environment', async () => {
    const stranger = privateKeyToAccount(generatePrivateKey())
    const elsewhere = await registerWith(session, stranger, documentHolding(stranger.publicKey))
    const { receipt } = await answered({}, { environmentId: elsewhere })
    const report = await verify(receipt)
    expect(lineOf(report, 'evidence')).toMatchObject({ status: 'verified' })
    expect(lineOf(report, 'environment')).toMatchObject({ status: 'unknown', source: 'declared' })
  })

  test('behavior: without a reader, or for a form that it does not know, it is unknown', async () => {
    const { receipt } = await answered()
    const strange = attachEvidence(receipt, [{ format: 'other', content: 'x' }])
    for (const report of [
      await verify(receipt, { attestations: undefined }),
      await verify(strange),
    ]) {
      expect(lineOf(report, 'evidence')).toMatchObject({ status: 'unknown' })
      expect(report.status).toBe('unknown')
    }
  })

  test('behavior: a redacted receipt shows it only with both digests', async () => {
    const { receipt } = await answered()
    const both = redactReceipt(receipt, { reveal: ['request.sha256', 'response.sha256'] })
    expect(lineOf(await verify(both), 'evidence')).toMatchObject({ status: 'verified' })
    for (const reveal of [['request.sha256'], ['response.sha256'], []]) {
      expect(redactReceipt(receipt, { reveal })).not.toHaveProperty('evidence')
    }
    const { fields } = redactReceipt(receipt, { reveal: ['request.sha256'] })
    const report = await verify({ ...receipt, fields })
    expect(lineOf(report, 'evidence')).toMatchObject({ status: 'unknown' })
  })

  test('behavior: a field that is not the committed one lends it nothing', async () => {
    const [{ receipt }, { receipt: other }] = [await answered(), await answered()]
    const opened = receipt.fields.opened.map((field) => ({
      ...field,
      value: other.fields.opened.find(({ name }) => name === field.name)!.value,
    }))
    const forged = { ...receipt, fields: { ...receipt.fields, opened }, evidence: other.evidence }
    const report = await verify(forged)
    expect(lineOf(report, 'environment')).toMatchObject({ status: 'unknown' })
    expect(report.checks.some(({ name }) => name === 'evidence')).toBe(false)
    expect(report.status).toBe('refuted')
  })

  test('behavior: it goes through bundles', async () => {
    const { receipt } = await answered()
    const policy = {
      ...session.policy,
      require: ['evidence' as const],
      environments: { attestationRoots: [pin] },
    }
    const options = { policy, client: session.chain.client, attestations: reader }
    for await (const report of verifyBundle(createBundle([receipt]), options)) {
      expect(report.status).toBe('verified')
    }
  })
})

describe('the archived attestation', () => {
  test.each<[string, () => ReturnType<typeof attestationReader>, (reason?: string) => void]>([
    [
      'is not at hand',
      () => attestationReader(),
      (reason) => expect(reason).toContain('is not at hand'),
    ],
    [
      'is another one',
      () => attestationReader({ archives: [documentHolding(account.publicKey).document] }),
      (reason) => expect(reason).toContain('is not at hand'),
    ],
  ])('behavior: %s: unknown', async (_, make, expected) => {
    const { receipt } = await answered()
    const line = lineOf(await verify(receipt, { attestations: make() }), 'environment')
    expect(line).toMatchObject({ status: 'unknown', source: 'declared' })
    expected(line.reason)
  })

  test('behavior: leads to a root that the policy does not name: unknown, by the rule’s name', async () => {
    const { receipt } = await answered()
    const policy = {
      ...session.policy,
      environments: { attestationRoots: [sha256('0x01')] },
    }
    const line = lineOf(await verify(receipt, { policy }), 'environment')
    expect(line).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(line.reason).toContain('refused')
  })

  test('behavior: holds another key than the registered one: unknown, though that key signed', async () => {
    const sessionKey = await session.newKey(farFuture)
    const registered = await registerWith(session, privateKeyToAccount(sessionKey), attestation)
    const recorder = await session.recorder({ sessionKey, environmentId: registered })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const line = lineOf(await verify(await recorder.receiptOf(recorded)), 'environment')
    expect(line).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(line.reason).toContain('its own key signed the batch')
    expect(line.reason).toContain('refused')
  })

  test('behavior: of the key that signed the batch: proven, without any evidence', async () => {
    const sessionKey = await session.newKey(farFuture)
    const key = privateKeyToAccount(sessionKey)
    const own = documentHolding(key.publicKey)
    const registered = await registerWith(session, key, own)
    const recorder = await session.recorder({ sessionKey, environmentId: registered })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const attestations = attestationReader({ archives: [own.document] })
    const policy = { ...session.policy, environments: { attestationRoots: [own.pin] } }
    const report = await verify(await recorder.receiptOf(recorded), { attestations, policy })
    expect(lineOf(report, 'environment')).toMatchObject({ status: 'verified', source: 'proven' })
    expect(report.checks.some(({ name }) => name === 'evidence')).toBe(false)
  })

  test('behavior: a stolen key and its document, registered anew: told apart by the registrant', async () => {
    const [owner, thief] = [accountOf(1), accountOf(7)]
    const sessionKey = await session.newKey(farFuture)
    const key = privateKeyToAccount(sessionKey)
    const own = documentHolding(key.publicKey)
    const first = await registerWith(session, key, own)
    const { addresses, rpcUrl, client, mined } = session.chain
    const { environmentRegistry } = addresses
    const wallet = createWalletClient({ account: owner, chain: hardhat, transport: http(rpcUrl) })
    await mined(await revokeEnvironment(wallet, { environmentId: first, environmentRegistry }))
    const registered = await getEnvironment(client, { environmentId: first, environmentRegistry })
    const { kind, measurement } = registered!
    const anew = { kind, measurement, bytes: own.document }
    const second = await registerArchived(session, key, anew, thief)
    const recorder = await session.recorder({ sessionKey, environmentId: second })
    const recorded = await recorder.record({ request: 'q', response: 'a' })
    const receipt = await recorder.receiptOf(recorded)
    const attestations = attestationReader({ archives: [own.document] })
    const lineBy = async (more: object) => {
      const environments = { attestationRoots: [own.pin], ...more }
      const policy = { ...session.policy, environments }
      return lineOf(await verify(receipt, { attestations, policy }), 'environment')
    }
    expect(await lineBy({})).toMatchObject({ status: 'verified', source: 'proven' })
    const line = await lineBy({ registrants: [owner.address] })
    expect(line).toMatchObject({ status: 'unknown', source: 'declared' })
    expect(line.reason).toContain('its registrant is not listed')
  })
})

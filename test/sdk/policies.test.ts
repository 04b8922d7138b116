import { readdir, readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { InferenceReceipt, Recorder, RecordParameters } from '@assay/sdk'
import {
  type CheckName,
  checkNames,
  type CheckStatus,
  defaultPolicy,
  type ExchangeContents,
  parsePolicy,
  type PolicyAuditor,
  type VerificationPolicy,
  verifyReceipt,
} from '@assay/sdk/verify'
import type { Address, Hex } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountOf } from '../indexer/support/chain.ts'
import { deployCredulousVerifier } from './support/credulous-verifier.ts'
import { judge, publish } from './support/registered.ts'
import { farFuture, type Session, startSession } from './support/session.ts'
import { environmentOf, receiptBy } from './support/verified.ts'

const require = createRequire(import.meta.url)
/** A ready policy, as a package finds it. */
const ready = (name: string): VerificationPolicy =>
  parsePolicy(require(`@assay/sdk/policies/${name}.json`))

const publisher = accountOf(4)
const auditor = accountOf(5)
const stranger = accountOf(6)
const recordChecks: CheckName[] = [
  ...(['commitment', 'inclusion', 'signature', 'settlement', 'time', 'sessionKey', 'log'] as const),
]

let session: Session
let recorder: Recorder
/** The session key's own environment, of which a contract vouches for the attestation. */
let enclave: { environmentId: Hex; measurement: Hex; registrant: Address }
let verifier: Address
let modelId: Hex

beforeAll(async () => {
  session = await startSession()
  recorder = await session.recorder()
  verifier = await deployCredulousVerifier(session.chain)
  const environmentId = await environmentOf(session, session.sessionKey, { kind: 'tdx', verifier })
  const { environments } = session.chain.as(publisher)
  const { measurement, registrant } = await environments.read.environmentOf([environmentId])
  enclave = { environmentId, measurement, registrant }
  modelId = await publish(session, publisher)
  await later(3600)
})
afterAll(() => session.stop())

async function later(seconds: number) {
  await session.chain.client.increaseTime({ seconds })
  await session.chain.client.mine({ blocks: 1 })
}

async function receiptFor(
  parameters: Partial<RecordParameters> = {},
  by = recorder,
): Promise<InferenceReceipt> {
  const { timestamp } = await session.chain.client.getBlock()
  return receiptBy(by, { servedAt: Number(timestamp) * 1000, ...parameters })
}

/** What a receipt gets: the whole, and the three questions. */
async function judged(
  policy: VerificationPolicy,
  receipt: InferenceReceipt,
  contents?: ExchangeContents,
) {
  const { client } = session.chain
  const report = await verifyReceipt(receipt, { policy, client, contents })
  const statusOf = (name: CheckName) => report.checks.find((check) => check.name === name)?.status
  const [model, environment, output] = (['model', 'environment', 'output'] as const).map(statusOf)
  return { status: report.status, model, environment, output }
}

const replay = (receipt: InferenceReceipt, score: number) =>
  judge(session, auditor, {
    ...{ subjectKind: 'inference', subject: receipt.inferenceId, score, tag: 'replay' },
  })

/** Our chain in the place of the published ones. */
function here(policy: VerificationPolicy, part: object = {}): VerificationPolicy {
  return { ...policy, chains: { [session.chain.chainId]: { ...session.chain.addresses, ...part } } }
}

test('default: all are in the package, and believe nobody until somebody is named', async () => {
  const names = (await readdir(new URL('../../sdk/policies/', import.meta.url))).map((name) =>
    name.replace(/\.json$/, ''),
  )
  expect(names.sort()).toEqual(['open-research', 'own-deployment', 'strict-finance'])
  for (const policy of names.map(ready)) {
    const { publishers, auditors = [], environments = {} } = policy
    const { registrants = [], measurements = [], verifiers = [] } = environments
    expect([publishers, auditors, registrants, measurements, verifiers].flat()).toEqual([])
    expect(policy.require).toEqual(checkNames.filter((name) => policy.require.includes(name)))
    expect(policy.require).toEqual(expect.arrayContaining(recordChecks))
  }
})

test('default: what they say of published chains is what the SDK says', () => {
  expect(ready('strict-finance').chains).toEqual({})
  expect(ready('open-research').chains).toEqual(defaultPolicy.chains)
  expect(ready('own-deployment').chains).toEqual({
    31337: {
      ...defaultPolicy.chains[31337],
      rpcs: ['http://127.0.0.1:8545'],
      finality: { confirmations: 1 },
    },
  })
})

describe('strict-finance', () => {
  const everything = { model: 'verified', environment: 'verified', output: 'verified' }
  const contents = { request: Buffer.from('q'), response: Buffer.from('a') }
  const replays: PolicyAuditor = {
    ...{ account: auditor.address, subjects: ['inference'], tags: ['replay'], minScore: 100 },
    maxAgeSeconds: 7 * 86_400,
  }
  /** As a reader fills it in. */
  function filled(part: Partial<VerificationPolicy> = {}): VerificationPolicy {
    const policy = ready('strict-finance')
    return {
      ...here(policy, { finality: 'finalized' }),
      publishers: [publisher.address],
      auditors: [replays],
      environments: environments(),
      ...part,
    }
  }
  const environments = (part: object = {}) => ({
    ...ready('strict-finance').environments,
    registrants: [enclave.registrant],
    measurements: [enclave.measurement],
    verifiers: [verifier],
    ...part,
  })
  const everythingNamed = () => ({ modelId, environmentId: enclave.environmentId })
  let receipt: InferenceReceipt
  beforeAll(async () => {
    receipt = await receiptFor(everythingNamed())
    await replay(receipt, 100)
  })

  test('default: accepts what somebody believed speaks for, line by line', async () => {
    expect(await judged(filled(), receipt, contents)).toEqual({ status: 'verified', ...everything })
  })

  test.each<[string, () => VerificationPolicy]>([
    ['as it is shipped', () => ready('strict-finance')],
    ['with our chain and nobody named', () => here(ready('strict-finance'))],
    ['of another publisher', () => filled({ publishers: [stranger.address] })],
    ['of another auditor', () => filled({ auditors: [{ ...replays, account: stranger.address }] })],
    ['of other tags', () => filled({ auditors: [{ ...replays, tags: ['opinion'] }] })],
    ['of other subjects', () => filled({ auditors: [{ ...replays, subjects: ['model'] }] })],
    [
      'of another registrant',
      () => filled({ environments: environments({ registrants: [stranger.address] }) }),
    ],
    [
      'of another measurement',
      () => filled({ environments: environments({ measurements: [`0x${'1'.repeat(64)}`] }) }),
    ],
    ['of another kind', () => filled({ environments: environments({ kinds: ['nitro'] }) })],
    [
      'of another verifier',
      () => filled({ environments: environments({ verifiers: [stranger.address] }) }),
    ],
    [
      'of younger environments',
      () => filled({ environments: environments({ maxAgeSeconds: 60 }) }),
    ],
    [
      'of another contract',
      () => ({ ...filled(), ...here(filled(), { inferenceLog: stranger.address }) }),
    ],
  ])('behavior: a policy %s does not accept it', async (_, policy) => {
    expect((await judged(policy(), receipt, contents)).status).toBe('unknown')
  })

  test('behavior: one who does not hold the exchange, or another one, is told so', async () => {
    expect((await judged(filled(), receipt)).status).toBe('unknown')
    const another = { ...contents, response: Buffer.from('b') }
    expect((await judged(filled(), receipt, another)).status).toBe('refuted')
  })

  test.each<[string, number | undefined, CheckStatus]>([
    ['was not replayed', undefined, 'unknown'],
    ['agreed only nearly', 99, 'unknown'],
    ['did not agree', 0, 'refuted'],
  ])('behavior: an inference that %s is not accepted', async (_, score, expected) => {
    const other = await receiptFor(everythingNamed())
    if (score !== undefined) await replay(other, score)
    expect(await judged(filled(), other, contents)).toEqual({
      ...everything,
      status: expected,
      output: expected,
    })
  })

  test('behavior: an environment named by another key, and a closed API, are not accepted', async () => {
    const by = await session.recorder({ sessionKey: await session.newKey(farFuture) })
    const named = await receiptFor(everythingNamed(), by)
    const closed = await receiptFor({ model: 'gpt', endpoint: 'https://api.example.com/v1' })
    for (const it of [named, closed]) await replay(it, 100)
    expect(await judged(filled(), named, contents)).toEqual({
      ...everything,
      status: 'unknown',
      environment: 'unknown',
    })
    expect(await judged(filled(), closed, contents)).toMatchObject({
      ...{ status: 'unknown', model: 'unknown', environment: 'unknown' },
    })
  })

  test('behavior: after a day it is too old', async () => {
    const fresh = await receiptFor(everythingNamed())
    await replay(fresh, 100)
    expect((await judged(filled(), fresh, contents)).status).toBe('verified')
    await later(86_401)
    expect(await judged(filled(), fresh, contents)).toEqual({ status: 'unknown', ...everything })
  })
})

describe('open-research', () => {
  const filled = (): VerificationPolicy => ({
    ...here(ready('open-research')),
    publishers: [publisher.address],
    auditors: [
      {
        ...{ account: auditor.address, subjects: ['model', 'inference'] },
        ...{ tags: ['weights', 'replay'], minScore: 80 },
      },
    ],
  })
  const checked = (subject: Hex, score: number) =>
    judge(session, auditor, { subjectKind: 'model', subject, score, tag: 'weights' })

  test('default: accepts published weights, wherever they ran', async () => {
    expect(await judged(filled(), await receiptFor({ modelId }))).toEqual({
      ...{ status: 'verified', model: 'verified' },
      ...{ environment: 'unknown', output: 'unknown' },
    })
  })

  test('behavior: accepts weights of others that an auditor has checked, and shows replays', async () => {
    const theirs = await publish(session, stranger)
    const receipt = await receiptFor({ modelId: theirs })
    expect((await judged(filled(), receipt)).status).toBe('unknown')
    await checked(theirs, 80)
    await replay(receipt, 90)
    expect(await judged(filled(), receipt)).toMatchObject({
      ...{ status: 'verified', model: 'verified', output: 'verified' },
    })
  })

  test('behavior: refuses weights that an auditor refutes, and unregistered ones', async () => {
    const theirs = await publish(session, publisher)
    await checked(theirs, 0)
    expect(await judged(filled(), await receiptFor({ modelId: theirs }))).toMatchObject({
      ...{ status: 'refuted', model: 'refuted' },
    })
    const unpublished = [{ model: 'gpt' }, { modelId: `0x${'6'.repeat(64)}` }] as const
    for (const parameters of unpublished) {
      expect((await judged(filled(), await receiptFor(parameters))).status).toBe('unknown')
    }
    expect((await judged(ready('open-research'), await receiptFor({ modelId }))).status).toBe(
      'unknown',
    )
  })

  test('behavior: a result of years ago is still one', async () => {
    const receipt = await receiptFor({ modelId })
    await later(5 * 365 * 86_400)
    expect((await judged(filled(), receipt)).status).toBe('verified')
  })
})

describe('own-deployment', () => {
  const filled = () => here(ready('own-deployment'), { rpcs: [session.chain.rpcUrl] })

  test('default: accepts what was recorded on one’s own contracts, of whatever model', async () => {
    expect(await judged(filled(), await receiptFor())).toEqual({
      ...{ status: 'verified', model: 'unknown', environment: 'unknown', output: 'unknown' },
    })
  })

  test('behavior: one’s own publisher and verifier raise their lines', async () => {
    const own = {
      ...filled(),
      publishers: [publisher.address],
      environments: { registrants: [enclave.registrant], verifiers: [verifier] },
    }
    const { environmentId } = enclave
    expect(await judged(own, await receiptFor({ modelId, environmentId }))).toMatchObject({
      ...{ status: 'verified', model: 'verified', environment: 'verified', output: 'unknown' },
    })
  })

  test('behavior: another deployment, and a key in other hands, are not accepted', async () => {
    const receipt = await receiptFor()
    expect((await judged(ready('own-deployment'), receipt)).status).toBe('unknown')
    const { timestamp } = await session.chain.client.getBlock()
    const { log } = session.chain.as(accountOf(1))
    const report = [session.sessionAccount.address, Number(timestamp) - 1] as const
    await session.chain.mined(await log.write.reportCompromise(report))
    expect((await judged(filled(), await receiptFor())).status).toBe('unknown')
  })
})

/** Names of all members that a JSON Schema knows. */
function membersOf(schema: unknown): string[] {
  if (typeof schema !== 'object' || schema === null) return []
  const { properties = {} } = schema as { properties?: object }
  return [...Object.keys(properties), ...Object.values(schema).flatMap(membersOf)]
}

describe('docs/policies.md', async () => {
  const page = await readFile(new URL('../../docs/policies.md', import.meta.url), 'utf8')

  test('default: the policy that is filled in there is one, and the ready one but for what is filled in', () => {
    const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, json]) => json)
    expect(blocks).toHaveLength(1)
    const { chains, publishers, auditors, environments, ...rest } = parsePolicy(blocks[0])
    expect([chains, publishers, auditors, environments].every(Boolean)).toBe(true)
    expect(ready('strict-finance')).toMatchObject(rest)
  })

  test('behavior: each member of the format is explained', () => {
    const names = membersOf(require('@assay/sdk/schema/policy-v1.json'))
    expect(names).toEqual(expect.arrayContaining(['require', 'attestationRoots', 'confirmations']))
    const prose = page.replace(/^```.*?^```$/gms, '')
    expect(names.filter((name) => !new RegExp(`[\`"]${name}[\`"]`).test(prose))).toEqual([])
  })
})

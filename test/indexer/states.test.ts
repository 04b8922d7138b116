import {
  createIndexerClient,
  findInferences,
  type FindInferencesParameters,
  getIndexedRow,
  getIndexedRows,
  getInference,
  getInferenceProof,
  getInferenceState,
  IndexerContradictedError,
  IndexerResponseError,
  itemsOf,
  watchInferences,
} from '@assay/sdk/query'
import { defaultPolicy, verifyReceipt, type VerificationReport } from '@assay/sdk/verify'
import { zeroHash } from 'viem'
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { variables } from '../../indexer/variables.ts'
import { documentedQueries } from './support/documented-queries.ts'
import { claim, key, lostKey, model, owner, publisher } from './support/indexed-chain.ts'
import {
  auditor,
  type EventfulChain,
  goodKey,
  startEventfulChain,
} from './support/eventful-chain.ts'

let world: EventfulChain
let reports: Map<string, VerificationReport>
let checked: EventfulChain['client']
beforeAll(async () => {
  world = await startEventfulChain()
  const { chain, indexer } = world
  const policy = { ...defaultPolicy, chains: { [chain.chainId]: chain.addresses } }
  reports = new Map()
  for (const receipt of await world.receipts()) {
    const report = await verifyReceipt(receipt, { policy, client: chain.client })
    reports.set(receipt.inferenceId, report)
  }
  checked = createIndexerClient({
    url: indexer.graphqlUrl,
    chain: { client: chain.client, contracts: chain.addresses },
  })
}, 120_000)
afterAll(() => world.stop())

/** What the SDK's verifier makes of an inference, by the chain alone, without the line that a receipt's openings give. */
function statusOf(id: string): string {
  const { checks } = reports.get(id)!
  const lines = checks.filter(({ name }) => name !== 'commitment')
  if (lines.some(({ status }) => status === 'refuted')) return 'refuted'
  const required = lines.filter(({ name }) => defaultPolicy.require.includes(name))
  return required.every(({ status }) => status === 'verified') ? 'verified' : 'unknown'
}

describe('the state of an inference', () => {
  test('default: is what verifyReceipt finds on the chain, word for word', async () => {
    for (const [inferenceId, report] of reports) {
      const state = await getInferenceState(world.client, { inferenceId: inferenceId as '0x' })
      expect(state?.status).toBe(statusOf(inferenceId))
      // The line on the settlement names who says so.
      const words = report.checks.map(({ raise: _, question: __, ...line }) => line)
      for (const { name, status, source, reason } of state!.checks) {
        if (name === 'settlement') continue
        const line = words.find((it) => it.name === name)
        // No text of the database holds NUL.
        expect({ name, status, source, reason }).toEqual({
          ...line,
          reason: line?.reason.replace('\\u{0}', '\ufffd'),
        })
      }
    }
    const statuses = [...reports.keys()].map(statusOf)
    expect(new Set(statuses)).toEqual(new Set(['verified', 'refuted', 'unknown']))
  })

  test('behavior: an unknown inference has none, and other words are refused', async () => {
    expect(await getInferenceState(world.client, { inferenceId: zeroHash })).toBeUndefined()
    expect(await getInferenceProof(world.client, { inferenceId: zeroHash })).toBeUndefined()
    for (const path of [
      'inferences/0x',
      'inferences/x/proof',
      'inferences?limit=0',
      'inferences?x=1',
    ]) {
      const response = await fetch(`${world.indexer.url}/${path}`)
      expect([path, response.status]).toEqual([path, 400])
      expect(await response.json()).toHaveProperty('error')
    }
    await expect(world.client.get('inferences', { status: 'good' })).rejects.toThrow(
      IndexerResponseError,
    )
  })
})

describe('lists of inferences', () => {
  const find = async (parameters: FindInferencesParameters) => {
    const found = []
    const pages = (after?: string) =>
      findInferences(world.client, { limit: 2, ...parameters, after })
    for await (const { inferenceId } of itemsOf(pages)) found.push(inferenceId)
    return found
  }
  const expected = (
    fits: (it: ReturnType<EventfulChain['expectedInferences']>[number]) => boolean,
  ) =>
    world
      .expectedInferences()
      .filter(fits)
      .map(({ inferenceId }) => inferenceId)

  test('behavior: by status', async () => {
    for (const status of ['verified', 'refuted', 'unknown'] as const) {
      const ids = expected(({ inferenceId }) => statusOf(inferenceId) === status)
      expect(ids).not.toEqual([])
      expect([status, await find({ status, limit: 7 })]).toEqual([status, ids])
    }
  })

  test('behavior: by model, publisher, manifest, environment and measurement', async () => {
    const { modelId, environmentId, live } = world
    const { measurement } = claim
    const { manifestDigest } = model
    const limit = 50
    const ofModel = expected((it) => it.modelId === modelId)
    expect(await find({ modelId, limit })).toEqual(ofModel)
    expect(await find({ publisher: publisher.address, limit })).toEqual(ofModel)
    expect(await find({ manifestDigest, limit })).toEqual(ofModel)
    expect(await find({ environmentId: live })).toEqual(expected((it) => it.environmentId === live))
    const measured = [environmentId, live]
    expect(await find({ measurement, limit })).toEqual(
      expected((it) => measured.includes(it.environmentId)),
    )
    expect(await find({ measurement, modelId, limit })).toEqual(
      expected((it) => measured.includes(it.environmentId) && it.modelId === modelId),
    )
    expect(await find({ publisher: owner.address })).toEqual([])
    expect(await find({ measurement: zeroHash })).toEqual([])
  })

  test('behavior: by owner, key, log, batch and time; what a report since a time touches', async () => {
    const { sent } = world
    const limit = 50
    expect(await find({ owner: owner.address, limit })).toEqual(expected(() => true))
    const { batch, settledAt } = sent.at(-1)!
    const ofBatch = expected((it) => it.root === batch.root)
    expect(await find({ root: batch.root })).toEqual(ofBatch)
    expect(await find({ logId: batch.logId })).toEqual(ofBatch)
    expect(await find({ settledFrom: settledAt })).toEqual(ofBatch)
    expect(await find({ settledBefore: settledAt, limit })).toEqual(
      expected((it) => it.settledAt < settledAt),
    )
    expect(await find({ settledFrom: settledAt + 1_000_000n })).toEqual([])
    const logsOf = (address: string) =>
      sent.filter(({ log }) => log.sessionKey === address).map((it) => it.batch.logId)
    for (const { address } of [key, goodKey, lostKey]) {
      const ofKey = expected((it) => logsOf(address).includes(it.logId))
      expect(await find({ sessionKey: address, limit: 7 })).toEqual(ofKey)
    }
    const touched = { sessionKey: goodKey.address, settledFrom: settledAt }
    expect(await find(touched)).toEqual(ofBatch)
    const [servedFrom, servedBefore] = [1_790_000_100_050n, 1_790_000_100_060n]
    expect(await find({ servedFrom, servedBefore })).toEqual(
      expected((it) => it.servedAt >= servedFrom && it.servedAt < servedBefore),
    )
  })
})

test('default: a proof leads from each inference to its batch, and holds all that a receipt has in public', async () => {
  for (const { inferenceId, inference, log, batch } of await world.receipts()) {
    const proof = await getInferenceProof(world.client, { inferenceId })
    const { signature: _, ...signed } = batch
    expect(proof).toMatchObject({
      inferenceId,
      inference: { commitment: inference.commitment, sequence: BigInt(inference.sequence) },
      log: { ...log, chainId: BigInt(log.chainId) },
      batch: { ...signed, first: BigInt(batch.first), count: Number(batch.count) },
    })
  }
})

describe('checked against the chain', () => {
  test('default: what the indexer says is what the chain says', async () => {
    const { inferenceId } = world.expectedInferences()[4]!
    expect(await getInference(checked, { inferenceId, verify: true })).toHaveProperty('root')
    // A name with bytes that no text holds has an id that can't be computed from what is told.
    const of = { publisher: publisher.address.toLowerCase() }
    const where = { model: { name: 'other', ...of } } as Record<string, object>
    for (const table of [
      ...(['settlement', 'model', 'environment', 'sessionKey', 'inferenceLog', 'verdict'] as const),
    ]) {
      const page = await getIndexedRows(checked, table, { where: where[table] ?? {}, verify: true })
      expect([table, page.items.length]).not.toEqual([table, 0])
    }
    const found = await findInferences(checked, { status: 'refuted', verify: true })
    expect(found.items).not.toEqual([])
  })

  test('error: IndexerContradictedError', async () => {
    const { indexer, chain, inferenceId } = world
    const otherDigit = (_: string, before: string, digit: string) =>
      `${before}${digit === 'f' ? 'e' : 'f'}`
    /** An indexer that says otherwise in one place. */
    const lying = (pattern: RegExp, instead: string | typeof otherDigit) =>
      createIndexerClient({
        url: indexer.graphqlUrl,
        chain: { client: chain.client, contracts: chain.addresses },
        fetch: async (input, init) => {
          const text = await (await fetch(input, init)).text()
          return new Response(text.replace(pattern, instead as string))
        },
      })
    const cases = [
      ['inference', /("servedAt":")\d/, '$19'],
      ['inference', /("commitment":"0x)(.)/, otherDigit],
      ['inference', /("settledAt":")\d/, '$13'],
      ['settlement', /("count":")\d+/, '$17'],
      ['settlement', /("signedByKey":)true/, '$1false'],
      ['environment', /("measurement":"0x)(.)/, otherDigit],
      ['environment', /("endsAt"|"revokedAt"):("\d+"|null)/g, '$1:"5"'],
      ['sessionKey', /("revokedAt":)("\d+"|null)/g, '$1"77"'],
      ['inferenceLog', /("head":")\d+/, '$177'],
      ['verdict', /("score":)\d+/, '$177'],
      ['model', /("publisher":"0x)(.)/, otherDigit],
    ] as const
    for (const [table, pattern, instead] of cases) {
      const reading = getIndexedRows(lying(pattern, instead), table, { limit: 3, verify: true })
      await expect(reading, `${table} ${pattern.source}`).rejects.toThrow(IndexerContradictedError)
    }
    const forged = lying(/("proof":\["0x)(.)/, otherDigit)
    await expect(getInferenceProof(forged, { inferenceId })).rejects.toThrow(IndexerResponseError)
    const unasked = getInference(world.client, { inferenceId, verify: true })
    await expect(unasked).rejects.toThrow('needs `chain`')
  })
})

test('behavior: auditors and their verdicts, those that stand and those withdrawn', async () => {
  const { items } = await getIndexedRows(world.client, 'verdict', {
    where: { author: auditor.address.toLowerCase() as '0x' },
  })
  const [onModel, onEnvironment, onInference] = items
  expect(items.map(({ verdictId }) => verdictId)).toEqual(world.verdictIds)
  // Withdrawn by a stranger, which says nothing, and posted again.
  expect(onModel).toMatchObject({ withdrawnAt: undefined, uri: 'ipfs://again', score: 90 })
  expect(onModel!.postedPosition).toBeGreaterThan(onModel!.position)
  expect(onEnvironment?.withdrawnAt).toBeTypeOf('bigint')
  expect(onInference).toMatchObject({ subjectKind: 'inference', modelId: undefined })
  const data = await world.graphql(`{ auditors { items { verdicts { items {
    tag model { name } environment { kind } inference { sequence }
  } } } } }`)
  expect(data.auditors).toEqual({
    items: [
      {
        verdicts: {
          items: expect.arrayContaining([
            {
              tag: 'weights',
              model: { name: 'm\ufffdo\ufffddel' },
              environment: null,
              inference: null,
            },
            { tag: 'measured', model: null, environment: { kind: 'none' }, inference: null },
            { tag: 'replay', model: null, environment: null, inference: { sequence: '0' } },
          ]) as unknown,
        },
      },
    ],
  })
  expect(await getIndexedRow(world.client, 'verdict', { verdictId: zeroHash })).toBeUndefined()
})

test('behavior: whoever watches is told of each inference once, as it is settled', async () => {
  const { client, settle, expectedInferences } = world
  const seen: string[] = []
  const all: string[] = []
  const stops = [
    watchInferences(client, {
      pollingInterval: 50,
      onInferences: (them) => seen.push(...them.map((it) => it.inferenceId)),
    }),
    watchInferences(client, {
      after: 0n,
      pollingInterval: 50,
      onInferences: (them) => all.push(...them.map((it) => it.inferenceId)),
    }),
  ]
  const before = expectedInferences().map((it) => it.inferenceId)
  await expect.poll(() => all, { timeout: 15_000 }).toEqual(before)
  await settle(goodKey, goodKey, 30n, 0n, 3)
  await expect.poll(() => seen.length, { timeout: 15_000 }).toBe(3)
  await expect.poll(() => all.length, { timeout: 15_000 }).toBe(before.length + 3)
  for (const stop of stops) stop()
  expect(all).toEqual(expectedInferences().map((it) => it.inferenceId))
  expect(all.slice(-3)).toEqual(seen)
})

test('default: each query of docs/indexer.md is answered, with rows', async () => {
  const lower = (address: string) => address.toLowerCase()
  const queries = await documentedQueries(world.indexer.url, {
    inferenceId: world.inferenceId,
    modelId: world.modelId,
    manifestDigest: model.manifestDigest,
    publisher: lower(publisher.address),
    environmentId: world.live,
    measurement: claim.measurement,
    owner: lower(owner.address),
    sessionKey: lower(goodKey.address),
    subject: world.modelId,
    logId: world.logOf(key, 1n).logId,
    time: '1',
    from: '0',
    before: String(2n ** 48n),
  })
  expect(queries.length).toBeGreaterThan(18)
  for (const { text, ask } of queries) {
    const answer = JSON.stringify(await ask())
    expect([text, answer]).not.toEqual([text, expect.stringContaining('errors')])
    // Something that is a row's, or the status: an empty list has no digits in hex.
    expect([text, answer]).toEqual([text, expect.stringMatching(/0x[0-9a-f]|"\d+"|"id":\d/)])
  }
})

test('default: each setting of the indexer is in docs/indexer.md', async () => {
  const page = await readFile(new URL('../../docs/indexer.md', import.meta.url), 'utf8')
  for (const { name } of Object.values(variables)) expect(page).toContain(`\`${name}\``)
})

import {
  createIndexerClient,
  getIndexedModel,
  getIndexedModels,
  getIndexedSettlements,
  getInference,
  getInferences,
  type IndexerClient,
  IndexerResponseError,
  IndexerUnreachableError,
} from '@assay/sdk'
import {
  type BatchMode,
  buildBatch,
  type BuiltBatch,
  encodeKind,
  environmentIdOf,
  inferenceIdOf,
  inferencesOf,
  type InferenceLogKey,
  logIdOf,
  modelIdOf,
} from '@assay/sdk/formats'
import { type Hex, stringToHex, toHex, zeroAddress, zeroHash } from 'viem'
import { type LocalAccount } from 'viem/accounts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IndexerPortTakenError, type RunningIndexer, startIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { accountOf, type LocalChain, startChain } from './support/chain.ts'

const far = 4_102_444_800
const [owner, key, publisher, lostKey] = [accountOf(1), accountOf(2), accountOf(3), accountOf(4)]

let chain: LocalChain
let indexer: RunningIndexer
let client: IndexerClient
let port: number
const stops: (() => Promise<unknown>)[] = []

/** What was sent, so that the indexer's rows can be compared with something that is not the indexer's. */
type Sent = {
  batch: BuiltBatch
  log: InferenceLogKey
  settledAt: bigint
  records: ReturnType<typeof recordsOf>
}
const sent: Sent[] = []

const model = {
  name: 'm\0o\ud800del',
  version: '1',
  manifestDigest: toHex(7n, { size: 32 }),
  signingRoot: zeroHash,
  uri: 'ipfs://m',
}
const claim = {
  kind: 'none',
  measurement: toHex(8n, { size: 32 }),
  keyType: 'ed25519',
  key: toHex(9n, { size: 32 }),
  attestationDigest: zeroHash,
} as const
let modelId: Hex
let environmentId: Hex

function recordsOf(count: number, mark: bigint) {
  return Array.from({ length: count }, (_, i) => ({
    modelId: i % 2 ? modelId : zeroHash,
    environmentId: i % 3 ? environmentId : zeroHash,
    commitment: toHex(mark * 10_000n + BigInt(i), { size: 32 }),
    servedAt: 1_790_000_000_000n + mark * 1000n + BigInt(i),
  }))
}

function logOf(sessionKey: LocalAccount, instance: bigint) {
  const log = {
    owner: owner.address,
    sessionKey: sessionKey.address,
    instance: toHex(instance, { size: 32 }),
  }
  const { chainId, addresses } = chain
  return { log, logId: logIdOf({ ...log, chainId, inferenceLog: addresses.inferenceLog }) }
}

async function settle(
  sessionKey: LocalAccount,
  by: LocalAccount,
  instance: bigint,
  first: bigint,
  count: number,
  mode: BatchMode = 'inline',
) {
  const { log, logId } = logOf(sessionKey, instance)
  const records = recordsOf(count, instance * 100n + first)
  const batch = buildBatch(logId, first, records, mode)
  const { write } = chain.as(by).log
  const call =
    mode === 'inline'
      ? write.settleInline([log, first, count, batch.root, toHex(batch.data)])
      : write.settleExternal([
          log,
          first,
          count,
          batch.root,
          batch.dataDigest,
          stringToHex('https://x/\0'),
        ])
  const { timestamp } = await chain.mined(await call)
  sent.push({ batch, log, settledAt: timestamp, records })
}

async function graphql(query: string): Promise<Record<string, unknown>> {
  return client.query(query, {})
}

/** Over a WebSocket, Ponder takes up the latest blocks with the first one that it is told of; a quiet local chain has none. */
async function caughtUp() {
  for (let attempt = 1; ; attempt++) {
    await chain.client.mine({ blocks: 1 })
    const block = await chain.client.getBlockNumber()
    try {
      return await indexer.waitForBlock(block, { timeoutMillis: 1_000 })
    } catch (error) {
      if (attempt === 20) throw error
    }
  }
}

beforeAll(async () => {
  chain = await startChain()
  stops.push(() => chain.stop())
  const { chainId, addresses } = chain
  modelId = modelIdOf({ publisher: publisher.address, ...model, name: 'm\0o\ufffddel' })
  environmentId = environmentIdOf(claim, {
    chainId,
    registrant: publisher.address,
    environmentRegistry: addresses.environmentRegistry,
  })
  const { models, environments } = chain.as(publisher)
  await chain.mined(await models.write.publish([model]))
  await chain.mined(
    await models.write.publish([{ ...model, name: 'other', signingRoot: toHex(5n, { size: 32 }) }]),
  )
  await chain.mined(await models.write.retire([modelId, 'why \0 not']))
  const registration = {
    ...claim,
    kind: encodeKind('none'),
    keyType: 3,
    validUntil: far,
    verifier: zeroAddress,
    uri: 'u',
  }
  await chain.mined(await environments.write.register([registration, '0x', '0x']))
  await chain.mined(await environments.write.reportCompromise([environmentId, 17]))
  await chain.mined(await environments.write.revoke([environmentId]))
  await chain.mined(await chain.as(owner).log.write.authorize([key.address, far]))
  await settle(key, key, 1n, 0n, 120)
  await settle(key, key, 1n, 120n, 1)
  await settle(key, key, 2n, 0n, 9, 'external')
  // By the owner, for a key that was never authorized.
  await settle(lostKey, owner, 3n, 0n, 4)
  await chain.mined(await chain.as(owner).log.write.skip([logOf(lostKey, 3n).log, 4n, 6]))
  await chain.mined(await chain.as(owner).log.write.reportCompromise([key.address, 23]))
  await chain.mined(await chain.as(owner).log.write.revokeSessionKey([key.address]))
  ;[port] = (await freePorts(1)) as [number]
  indexer = await startIndexer({
    chainId,
    rpcUrl: chain.rpcUrl,
    wsUrl: chain.wsUrl,
    ...addresses,
    port,
  })
  stops.push(() => indexer.stop())
  client = createIndexerClient({ url: indexer.graphqlUrl })
  await caughtUp()
}, 90_000)
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop()
})

/** The inferences of all inline batches, as the receipts of their recorders would tell them. */
function expectedInferences() {
  return sent
    .filter(({ batch }) => batch.mode === 'inline')
    .flatMap(({ batch, log, settledAt, records }) =>
      inferencesOf(batch.logId, batch.first, records).map((inference) => ({
        ...inference,
        inferenceId: inferenceIdOf(inference),
        root: batch.root,
        owner: log.owner.toLowerCase(),
        settledAt,
      })),
    )
}

async function all(parameters: Parameters<typeof getInferences>[1] = {}) {
  const items = []
  let after: string | undefined
  do {
    const page = await getInferences(client, { limit: 50, ...parameters, after })
    items.push(...page.items)
    after = page.endCursor
  } while (after)
  return items
}

describe('inferences', () => {
  test('default: are rebuilt from inline data, page by page, without gap or repeat', async () => {
    const rows = await all()
    expect(rows.map(({ position: _, ...row }) => row)).toEqual(expectedInferences())
    const positions = rows.map(({ position }) => position)
    expect(positions).toEqual(positions.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(new Set(positions).size).toBe(125)
  })

  test('behavior: filters fit what was sent', async () => {
    const expected = expectedInferences()
    const ids = (rows: { inferenceId: Hex }[]) => rows.map(({ inferenceId }) => inferenceId)
    const byLog = logOf(key, 1n).logId
    expect(ids(await all({ modelId }))).toEqual(
      ids(expected.filter((it) => it.modelId === modelId)),
    )
    expect(ids(await all({ environmentId }))).toEqual(
      ids(expected.filter((it) => it.environmentId === environmentId)),
    )
    expect(ids(await all({ logId: byLog }))).toEqual(
      ids(expected.filter((it) => it.logId === byLog)),
    )
    expect(await all({ owner: owner.address })).toHaveLength(125)
    expect(await all({ owner: publisher.address })).toEqual([])
    const [servedFrom, servedBefore] = [1_790_000_100_050n, 1_790_000_100_060n]
    expect(ids(await all({ servedFrom, servedBefore }))).toEqual(
      ids(expected.filter((it) => it.servedAt >= servedFrom && it.servedAt < servedBefore)),
    )
  })

  test('behavior: one by its id, with everything it hangs together with', async () => {
    const inference = expectedInferences()[5]
    const inferenceId = inference?.inferenceId as Hex
    expect(await getInference(client, { inferenceId })).toMatchObject({ inferenceId, sequence: 5n })
    expect(await getInference(client, { inferenceId: zeroHash })).toBeUndefined()
    const data = await graphql(`{ inference(inferenceId: "${inferenceId}") {
      model { name publisherAccount { address } }
      environment { kind keyType revokedAt compromisedSince reporter }
      inferenceLog { instance head ownerAccount { address } settlements { items { first count } } }
      settlement { mode signedByKey transactionHash inferences(limit: 1, orderBy: "position") { items { sequence } } }
      ownerAccount { sessionKeys { items { address expiresAt compromisedSince revokedAt } } }
    } }`)
    const lower = (address: string) => address.toLowerCase()
    expect(data.inference).toMatchObject({
      model: { name: 'm\ufffdo\ufffddel', publisherAccount: { address: lower(publisher.address) } },
      environment: {
        kind: 'none',
        keyType: 'ed25519',
        compromisedSince: '17',
        reporter: lower(publisher.address),
      },
      inferenceLog: {
        instance: toHex(1n, { size: 32 }),
        head: '121',
        ownerAccount: { address: lower(owner.address) },
        settlements: {
          items: [
            { first: '0', count: '120' },
            { first: '120', count: '1' },
          ],
        },
      },
      settlement: { mode: 'inline', signedByKey: true, inferences: { items: [{ sequence: '0' }] } },
    })
    expect(JSON.stringify(data.inference)).toContain('"compromisedSince":"23"')
  })
})

describe('the other tables', () => {
  test('behavior: settlements, external and owner-settled ones too', async () => {
    const { items } = await getIndexedSettlements(client, { owner: owner.address })
    expect(
      items.map(({ root, count, mode, signedByKey, dataState, uri, dataDigest, settledAt }) => ({
        root,
        count,
        mode,
        signedByKey,
        dataState,
        uri,
        dataDigest,
        settledAt,
      })),
    ).toEqual(
      sent.map(({ batch, log, settledAt }) => ({
        root: batch.root,
        count: BigInt(batch.count),
        mode: batch.mode,
        signedByKey: log.sessionKey === key.address,
        dataState: batch.mode === 'inline' ? 'available' : 'pending',
        uri: batch.mode === 'inline' ? undefined : 'https://x/\ufffd',
        dataDigest: batch.dataDigest,
        settledAt,
      })),
    )
  })

  test('behavior: models, by publisher and by digest', async () => {
    expect(await getIndexedModel(client, { modelId })).toMatchObject({
      version: '1',
      uri: 'ipfs://m',
      signingRoot: undefined,
    })
    expect((await getIndexedModel(client, { modelId }))?.retiredAt).toBeTypeOf('bigint')
    const { manifestDigest } = model
    const { items } = await getIndexedModels(client, {
      publisher: publisher.address,
      manifestDigest,
    })
    expect(items.map(({ name }) => name)).toEqual(['m\ufffdo\ufffddel', 'other'])
  })

  test('behavior: skips, logs, owners and session keys', async () => {
    const data = await graphql(`
      {
        skips {
          items {
            logId
            first
            count
          }
        }
        inferenceLogs(orderBy: "position") {
          items {
            head
            sessionKey
          }
        }
        owners {
          items {
            address
          }
        }
        sessionKeys(orderBy: "position") {
          items {
            address
            authorizedAt
          }
        }
        environments {
          items {
            environmentId
            measurement
            registrant
            validUntil
          }
        }
      }
    `)
    const [a, b] = [key.address.toLowerCase(), lostKey.address.toLowerCase()]
    expect(data).toMatchObject({
      skips: { items: [{ logId: logOf(lostKey, 3n).logId, first: '4', count: '6' }] },
      inferenceLogs: {
        items: [
          { head: '121', sessionKey: a },
          { head: '9', sessionKey: a },
          { head: '10', sessionKey: b },
        ],
      },
      owners: { items: [{ address: owner.address.toLowerCase() }] },
      sessionKeys: { items: [{ address: a }, { address: b, authorizedAt: null }] },
      environments: {
        items: [{ environmentId, measurement: claim.measurement, validUntil: String(far) }],
      },
    })
  })
})

describe('the chain goes on', () => {
  test('behavior: what is settled now is there soon, and a reorganisation takes it back', async () => {
    const snapshot = await chain.client.snapshot()
    await settle(lostKey, owner, 4n, 0n, 3)
    await indexer.waitForBlock(await chain.client.getBlockNumber())
    const { logId } = logOf(lostKey, 4n)
    expect(await all({ logId })).toHaveLength(3)
    sent.pop()
    await chain.client.revert({ id: snapshot })
    await settle(lostKey, owner, 5n, 0n, 2)
    await chain.client.mine({ blocks: 3 })
    await expect
      .poll(() => all({ logId: logOf(lostKey, 5n).logId }), { timeout: 15_000 })
      .toHaveLength(2)
    expect(await all({ logId })).toEqual([])
    expect((await all()).map(({ inferenceId }) => inferenceId)).toEqual(
      expectedInferences().map(({ inferenceId }) => inferenceId),
    )
  })
})

describe('errors', () => {
  test('error: IndexerPortTakenError', async () => {
    const { chainId, addresses, rpcUrl } = chain
    const start = startIndexer({ chainId, rpcUrl, ...addresses, port })
    await expect(start).rejects.toThrow(IndexerPortTakenError)
    await expect(start).rejects.toThrow(String(port))
  })

  test('error: IndexerResponseError, IndexerUnreachableError', async () => {
    await expect(graphql('{ nothing }')).rejects.toThrow(IndexerResponseError)
    const nowhere = createIndexerClient({ url: 'http://127.0.0.1:9/graphql' })
    await expect(getInferences(nowhere)).rejects.toThrow(IndexerUnreachableError)
    for (const body of [
      '',
      '[]',
      '{}',
      '{"data":null}',
      '{"data":{"inferences":{}}}',
      '{"data":{"inferences":{"items":[{}]}}}',
      '{"data":{"inferences":{"items":[null]}}}',
    ]) {
      const lying = createIndexerClient({
        url: 'http://x.example',
        fetch: () => Promise.resolve(new Response(body)),
      })
      await expect(getInferences(lying)).rejects.toThrow(IndexerResponseError)
    }
    await expect(getInferences(client, { limit: 0 })).rejects.toThrow('`limit` must be')
    expect(() => createIndexerClient({ url: 'nowhere' })).toThrow('is no URL')
  })

  test('behavior: /sql is not served', async () => {
    expect((await fetch(`${indexer.url}/sql/db`)).status).toBe(404)
  })
})

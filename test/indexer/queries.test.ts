import { getIndexedModel, getIndexedModels, getIndexedSettlements, getInference } from '@assay/sdk'
import { type Hex, toHex, zeroHash } from 'viem'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  claim,
  far,
  type IndexedChain,
  key,
  lostKey,
  model,
  owner,
  publisher,
  startIndexedChain,
} from './support/indexed-chain.ts'

let world: IndexedChain
beforeAll(async () => {
  world = await startIndexedChain()
}, 90_000)
afterAll(() => world.stop())

describe('inferences', () => {
  test('default: are rebuilt from inline data, page by page, without gap or repeat', async () => {
    const { all, expectedInferences } = world
    const rows = await all()
    expect(rows.map(({ position: _, impossibleTime: __, ...row }) => row)).toEqual(
      expectedInferences(),
    )
    const positions = rows.map(({ position }) => position)
    expect(positions).toEqual(positions.toSorted((a, b) => (a < b ? -1 : 1)))
    expect(new Set(positions).size).toBe(125)
  })

  test('behavior: filters fit what was sent', async () => {
    const { all, environmentId, expectedInferences, logOf, modelId } = world
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
    const { client, expectedInferences, graphql } = world
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
    const { client, sent } = world
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
        uri: batch.mode === 'inline' ? undefined : 'ftp://x/\ufffd',
        dataDigest: batch.dataDigest,
        settledAt,
      })),
    )
  })

  test('behavior: models, by publisher and by digest', async () => {
    const { client, modelId } = world
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
    const { environmentId, graphql, logOf } = world
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

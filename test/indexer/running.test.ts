import {
  createIndexerClient,
  getInferences,
  IndexerResponseError,
  IndexerUnreachableError,
} from '@assay/sdk'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { IndexerPortTakenError, startIndexer } from '../../indexer/run.ts'
import { freePorts } from '../support/free-ports.ts'
import { type IndexedChain, lostKey, owner, startIndexedChain } from './support/indexed-chain.ts'
import { embeddedDatabase } from './support/start-embedded.ts'

let world: IndexedChain
beforeAll(async () => {
  world = await startIndexedChain()
}, 90_000)
afterAll(() => world.stop())

describe('the chain goes on', () => {
  test('behavior: what is settled now is there soon, and a reorganisation takes it back', async () => {
    const { all, chain, expectedInferences, indexer, logOf, sent, settle } = world
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

test('behavior: an embedded database that was killed while its tables were made is made anew', async () => {
  const { chain } = world
  const { chainId, addresses, rpcUrl } = chain
  const directory = await mkdtemp(join(tmpdir(), 'assay-half-made-'))
  const { PGlite } = await embeddedDatabase()
  const database = new PGlite(join(directory, 'pglite'))
  await database.exec(`create schema assay; create type assay.key_type as enum ('none')`)
  await database.close()
  const [port] = (await freePorts(1)) as [number]
  const indexer = await startIndexer({ chainId, rpcUrl, ...addresses, port, directory })
  await indexer.waitForBlock(await chain.client.getBlockNumber())
  await indexer.stop()
  await rm(directory, { recursive: true })
}, 120_000)

describe('errors', () => {
  test('error: IndexerPortTakenError', async () => {
    const { chain, port } = world
    const { chainId, addresses, rpcUrl } = chain
    const start = startIndexer({ chainId, rpcUrl, ...addresses, port })
    await expect(start).rejects.toThrow(IndexerPortTakenError)
    await expect(start).rejects.toThrow(String(port))
  })

  test('error: IndexerResponseError, IndexerUnreachableError', async () => {
    const { client, graphql } = world
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
    const { indexer } = world
    expect((await fetch(`${indexer.url}/sql/db`)).status).toBe(404)
  })
})

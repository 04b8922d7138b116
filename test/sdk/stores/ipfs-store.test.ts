import { InvalidConfigError } from '@assay/sdk'
import { fetchBatchData, ipfsStore } from '@assay/sdk/stores'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cidOfBlock } from '../../../sdk/src/stores/cid.ts'
import { startHostileServer } from '../observables/server.ts'
import { randomBatch } from './support/batches.ts'
import { type Kubo, startKubo } from './support/kubo.ts'

let kubo: Kubo
beforeAll(async () => {
  kubo = await startKubo()
})
afterAll(() => kubo.stop())

/** The length of batch data with this many inferences is 73 + 42 × count. */
const longestBlock = Math.floor((2 ** 20 - 73) / 42)

test('default: data of one block has the CID of its digest, and is pinned', async () => {
  for (const count of [1, 1_000, longestBlock]) {
    const { data, digest, name } = randomBatch(count)
    const { uri } = await ipfsStore({ rpcUrl: kubo.url }).put(data, digest)
    expect(uri).toBe(`ipfs://${cidOfBlock(name)}`)
    expect(kubo.pinned.has(cidOfBlock(name))).toBe(true)
    expect((await kubo.read(cidOfBlock(name)))?.equals(data)).toBe(true)
  }
})

test('behavior: longer data is a tree of blocks, and read back', async () => {
  for (const count of [longestBlock + 1, 60_000]) {
    const { data, digest, name } = randomBatch(count)
    const { uri = '' } = await ipfsStore({ rpcUrl: kubo.url }).put(data, digest)
    expect(uri).not.toBe(`ipfs://${cidOfBlock(name)}`)
    const read = await fetchBatchData(uri, digest, { ipfsGateway: kubo.url })
    expect(Buffer.from(read).equals(data)).toBe(true)
    // By its digest alone it can't be found.
    expect(await ipfsStore({ rpcUrl: kubo.url }).get(digest)).toBeUndefined()
  }
})

test('behavior: the CID of a block is that of the specification', () => {
  // The CID of no bytes at all, which every implementation knows.
  expect(cidOfBlock('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')).toBe(
    'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku',
  )
})

test('error: BatchStoreError, an answer that names no CID, or that of other data', async () => {
  const server = await startHostileServer()
  const other = randomBatch()
  await ipfsStore({ rpcUrl: kubo.url }).put(other.data, other.digest)
  const { data, digest } = randomBatch()
  const answers: [string, string, string][] = [
    ['', '', 'refused'],
    ['null', '', 'refused'],
    ['[', '', 'refused'],
    ['{"Hash":7}', '', 'refused'],
    ['{"Hash":"QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWKPbdG"}', '', 'refused'],
    ['{"Hash":"bafy/../../x"}', '', 'refused'],
    [JSON.stringify({ Hash: cidOfBlock(other.name) }), 'other data', 'altered'],
    [JSON.stringify({ Hash: cidOfBlock(other.name) }), 'x'.repeat(100_000), 'altered'],
  ]
  for (const [added, read, problem] of answers) {
    server.play(({ request, response }) => {
      response.end(request.url?.startsWith('/api/v0/add') ? added : read)
    })
    const put = ipfsStore({ rpcUrl: server.url }).put(data, digest)
    await expect(put, added).rejects.toMatchObject({ name: 'BatchStoreError', problem })
  }
  await server.stop()
})

test('behavior: a node that is told to cut otherwise is believed once its bytes are the same', async () => {
  const server = await startHostileServer()
  const { data, digest, name } = randomBatch()
  const other = cidOfBlock('0'.repeat(64))
  server.play(({ request, response }) => {
    response.end(request.url?.startsWith('/api/v0/add') ? `{"Hash":"${other}"}` : data)
  })
  expect(name).not.toBe('0'.repeat(64))
  const { uri } = await ipfsStore({ rpcUrl: server.url }).put(data, digest)
  expect(uri).toBe(`ipfs://${other}`)
  await server.stop()
})

test('error: InvalidConfigError, a header that cannot be sent, which is not shown', () => {
  const make = () => ipfsStore({ headers: { authorization: 'Bearer sec\nret' } })
  expect(make).toThrow(InvalidConfigError)
  expect(make).not.toThrow(/ret/)
})

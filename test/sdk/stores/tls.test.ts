import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fetchBatchData } from '@assay/sdk/stores'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { randomBatch } from './support/batches.ts'

/** For the name `localhost` alone, by nobody's authority but its own, until 2120; made by openssl for this test. */
const tls = {
  key: readFileSync(new URL('./support/tls/key.pem', import.meta.url)),
  cert: readFileSync(new URL('./support/tls/cert.pem', import.meta.url), 'utf8'),
}
const { data, digest } = randomBatch()
const authorities = getCACertificates('default')
let server: Server
const names: unknown[] = []
beforeAll(async () => {
  server = createServer(tls, ({ socket }, response) => {
    names.push((socket as { servername?: unknown }).servername)
    response.end(data)
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
})
afterEach(() => setDefaultCACertificates(authorities))
afterAll(() => server.close())

const addresses = (address: string) => address === '127.0.0.1'
const uriOf = (host: string) => `https://${host}:${(server.address() as AddressInfo).port}/x`

test('default: the certificate is that of the name, though the connection goes to an address', async () => {
  setDefaultCACertificates([...authorities, tls.cert])
  const read = await fetchBatchData(uriOf('localhost'), digest, { addresses })
  expect(read).toHaveLength(data.length)
  expect(names).toEqual(['localhost'])
})

test('error: BatchDataUnavailableError, a certificate of another name, or by nobody known', async () => {
  const refused = { name: 'BatchDataUnavailableError', reason: 'unreachable' }
  const read = (host: string) => fetchBatchData(uriOf(host), digest, { addresses })
  await expect(read('localhost')).rejects.toMatchObject(refused)
  setDefaultCACertificates([...authorities, tls.cert])
  await expect(read('127.0.0.1')).rejects.toMatchObject(refused)
  expect(names).toHaveLength(1)
})

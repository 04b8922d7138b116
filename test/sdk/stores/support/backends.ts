import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'
import {
  batchDataHandler,
  bearerToken,
  type FetchBatchDataOptions,
  fileStore,
  httpStore,
  ipfsStore,
  type ReadableBatchStore,
  s3Store,
} from '@assay/sdk/stores'
import { startKubo } from './kubo.ts'
import { serve } from './served.ts'
import { startStrictS3 } from './strict-s3.ts'

/** A server that runs, and the store before it. */
export type Backend = {
  /** Of the server, by http; undefined where there is none. */
  url: string | undefined
  /** @param url - Another way to the server. */
  store(url?: string): ReadableBatchStore
  /** How a reader gets at what the store's URIs name. */
  reading: FetchBatchDataOptions
  stop(): Promise<void>
}

export const token = 'a-token-of-this-test-0123456789'
/** Known to s3rver from its start. */
export const credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

const loopback = { schemes: ['http'], addresses: 'any' } as const

async function directory() {
  const path = await mkdtemp(join(tmpdir(), 'assay-stores-'))
  return { path, remove: () => rm(path, { recursive: true, force: true }) }
}

/** Servers by name: each is real, or says in its file how it stands in for one. */
export const backends: Record<string, () => Promise<Backend>> = {
  async file() {
    const { path, remove } = await directory()
    return {
      url: undefined,
      store: () => fileStore({ directory: path }),
      reading: { fileDirectory: path },
      stop: remove,
    }
  },
  async 'http, own handler'() {
    const { path, remove } = await directory()
    const store = fileStore({ directory: path })
    const served = await serve(batchDataHandler({ store, allow: bearerToken(token) }))
    return {
      url: served.url,
      store: (url = served.url) => httpStore(url, { token }),
      reading: loopback,
      async stop() {
        await served.stop()
        await remove()
      },
    }
  },
  async 's3, s3rver'() {
    const { path, remove } = await directory()
    const options = { address: '127.0.0.1', port: 0, directory: path, silent: true }
    const server = new S3rver({ ...options, configureBuckets: [{ name: 'batches' }] })
    const { port } = await server.run()
    const running = `http://127.0.0.1:${port}`
    return {
      url: running,
      store: (endpoint = running) =>
        s3Store({ endpoint, bucket: 'batches', prefix: 'assay/v1', credentials }),
      reading: loopback,
      async stop() {
        await server.close()
        await remove()
      },
    }
  },
  async 's3, strict'() {
    const { accessKeyId, secretAccessKey } = credentials
    const s3 = await startStrictS3({ [accessKeyId]: secretAccessKey })
    return {
      url: s3.url,
      store: (endpoint = s3.url) => s3Store({ endpoint, bucket: 'batches', credentials }),
      // It gives nothing to who doesn't sign.
      reading: { ...loopback, fetch: (url) => Promise.resolve(objectOf(s3.objects, url)) },
      stop: () => s3.stop(),
    }
  },
  async ipfs() {
    const kubo = await startKubo()
    return {
      url: kubo.url,
      store: (rpcUrl = kubo.url) => ipfsStore({ rpcUrl }),
      reading: { ipfsGateway: kubo.url },
      stop: () => kubo.stop(),
    }
  },
}

function objectOf(objects: Map<string, Buffer>, url: string | URL | Request): Response {
  const body = objects.get(new URL(url instanceof Request ? url.url : url).pathname)
  return body ? new Response(new Uint8Array(body)) : new Response(null, { status: 404 })
}

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MemoryBlockstore } from 'blockstore-core'
import { exporter } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'

/** What of Kubo a store needs: `add` and `cat` of its RPC, and a gateway. Blocks and CIDs are made by IPFS's own library. */
export type Kubo = {
  url: string
  /** Bytes of the files, by CID. */
  read(cid: string): Promise<Buffer | undefined>
  /** CIDs that are pinned. */
  pinned: Set<string>
  stop(): Promise<void>
}

export async function startKubo(): Promise<Kubo> {
  const blocks = new MemoryBlockstore()
  const pinned = new Set<string>()

  async function add(body: Buffer, contentType: string, query: URLSearchParams): Promise<string> {
    const form = await new Response(new Uint8Array(body), {
      headers: { 'content-type': contentType },
    }).formData()
    const file = form.get('file')
    if (!(file instanceof File)) throw new Error('argument "path" is required')
    const chunkSize = Number(/^size-(\d+)$/.exec(query.get('chunker') ?? 'size-262144')?.[1])
    const content = new Uint8Array(await file.arrayBuffer())
    const options = {
      cidVersion: query.get('cid-version') === '1' ? 1 : 0,
      rawLeaves: query.get('raw-leaves') === 'true',
      chunker: fixedSize({ chunkSize }),
      reduceSingleLeafToSelf: query.get('raw-leaves') === 'true',
    } as const
    let last = ''
    for await (const { cid } of importer([{ content }], blocks, options)) last = cid.toString()
    if (query.get('pin') !== 'false') pinned.add(last)
    return `${JSON.stringify({ Name: file.name, Hash: last, Size: String(content.length) })}\n`
  }

  async function read(cid: string): Promise<Buffer | undefined> {
    try {
      const entry = await exporter(cid, blocks)
      const pieces: Uint8Array[] = []
      if (entry.type !== 'file' && entry.type !== 'raw') return undefined
      for await (const piece of entry.content()) pieces.push(piece)
      return Buffer.concat(pieces)
    } catch {
      return undefined
    }
  }

  const failure = (message: string) => ({
    status: 500,
    body: JSON.stringify({ Message: message, Code: 0, Type: 'error' }),
  })

  async function handle(method: string, url: URL, type: string, body: Buffer) {
    const gateway = /^\/ipfs\/(\w+)$/.exec(url.pathname)?.[1]
    if (method === 'GET' && gateway) {
      const bytes = await read(gateway)
      return bytes ? { status: 200, body: bytes } : { status: 404, body: 'not found' }
    }
    if (method !== 'POST') return { status: 405, body: 'Method Not Allowed' }
    if (url.pathname === '/api/v0/add') {
      return { status: 200, body: await add(body, type, url.searchParams) }
    }
    if (url.pathname === '/api/v0/cat') {
      const cid = url.searchParams.get('arg') ?? ''
      const bytes = await read(cid)
      const words = `block was not found locally (offline): ipld: could not find ${cid}`
      return bytes ? { status: 200, body: bytes } : failure(words)
    }
    return { status: 404, body: '404 page not found' }
  }

  const server = createServer((incoming, outgoing) => {
    const pieces: Buffer[] = []
    incoming.on('data', (piece: Buffer) => pieces.push(piece))
    incoming.on('error', () => undefined)
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '', 'http://x')
      const type = incoming.headers['content-type'] ?? ''
      void handle(incoming.method ?? '', url, type, Buffer.concat(pieces))
        .catch((error: unknown) => failure(String(error)))
        .then(({ status, body }) => outgoing.writeHead(status).end(body))
    })
  })
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    read,
    pinned,
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

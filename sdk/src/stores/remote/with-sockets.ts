import type * as NodeDns from 'node:dns/promises'
import type * as NodeHttp from 'node:http'
import { builtin } from '../../crypto/node.ts'
import { readBounded } from '../bounded-body.ts'
import { isAddress } from '../public-address.ts'
import { AddressRefusedError } from './address-refused.ts'
import { fetchedBy } from './fetched.ts'
import type { RemoteAnswer, RemoteGet, RemoteLimits } from './remote-get.ts'

/** Failures that say nothing against the next address of the same name. */
const unconnected = new Set(['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'])

/**
 * Asks over a connection to an address that was looked at: the name is resolved first, and the connection goes to that very address, so
 * that no second answer of the resolver leads elsewhere. Proxies of the environment are not used.
 */
export const remoteGet: RemoteGet = async (url, limits) => {
  const http = builtin(url.protocol === 'https:' ? 'node:https' : 'node:http')
  if (!http) return fetchedBy(globalThis.fetch)(url, limits)
  const addresses = await addressesOf(url.hostname)
  const accepted = addresses.filter(limits.accepts)
  if (accepted.length === 0) throw new AddressRefusedError()
  for (const [i, address] of accepted.entries()) {
    try {
      return await ask(http as typeof NodeHttp, url, address, limits)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (i === accepted.length - 1 || !unconnected.has(code ?? '')) throw error
    }
  }
  throw new AddressRefusedError()
}

async function addressesOf(hostname: string): Promise<string[]> {
  const host = hostname.replace(/^\[|\]$/g, '')
  if (isAddress(host)) return [host]
  const dns = builtin('node:dns/promises') as typeof NodeDns
  const found = await dns.lookup(host, { all: true })
  return found.map(({ address }) => address)
}

async function ask(
  http: typeof NodeHttp,
  url: URL,
  address: string,
  { signal, maxBytes }: RemoteLimits,
): Promise<RemoteAnswer> {
  const response = await new Promise<NodeHttp.IncomingMessage>((resolve, reject) => {
    const request = http.request({
      ...{ host: address, port: url.port, path: url.pathname + url.search, agent: false, signal },
      // The certificate has to be that of the name, whatever the address.
      ...(isAddress(url.hostname) ? {} : { servername: url.hostname }),
      headers: { host: url.host, accept: '*/*', 'accept-encoding': 'identity' },
    })
    request.once('response', resolve).on('error', reject).end()
  })
  try {
    const { statusCode: status = 0, headers } = response
    const { location } = headers
    const declared = Number(headers['content-length'] ?? 0)
    if (status !== 200 || declared > maxBytes || isCoded(headers['content-encoding'])) {
      const tooLarge = declared > maxBytes && status === 200
      return { status, location, bytes: new Uint8Array(0), tooLarge }
    }
    return { status, location, ...(await readBounded(response, maxBytes)) }
  } finally {
    response.destroy()
  }
}

/** A coding that was not asked for: what it would unfold to, nobody knows. */
function isCoded(coding: string | undefined): boolean {
  return coding !== undefined && coding.toLowerCase() !== 'identity'
}

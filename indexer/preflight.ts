import { createServer } from 'node:net'
import {
  IndexerChainMismatchError,
  IndexerPortTakenError,
  IndexerRpcUnreachableError,
} from './errors.ts'

const rpcTimeoutMillis = 5_000

/**
 * Checks that a port is free: Ponder itself would quietly take the next one.
 *
 * @throws IndexerPortTakenError
 */
export async function checkPort(port: number, hostname: string, hint?: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new IndexerPortTakenError(port, { cause, ...(hint ? { hint } : {}) })),
    )
    server.listen(port, hostname, () => server.close(() => resolve()))
  })
}

/**
 * Checks that an RPC endpoint answers for the chain.
 *
 * @throws IndexerRpcUnreachableError
 * @throws IndexerChainMismatchError
 */
export async function checkRpc(url: string, chainId: number): Promise<void> {
  const actual = await chainIdAt(url).catch((cause: unknown) => {
    throw new IndexerRpcUnreachableError(url, cause)
  })
  if (actual !== chainId) throw new IndexerChainMismatchError(url, chainId, actual)
}

async function chainIdAt(url: string): Promise<number> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_chainId', params: [] }),
    signal: AbortSignal.timeout(rpcTimeoutMillis),
  })
  const { result } = (await response.json()) as { result?: unknown }
  if (typeof result !== 'string' || !/^0x[0-9a-f]+$/i.test(result)) {
    throw new TypeError(`eth_chainId gave ${JSON.stringify(result)} (HTTP ${response.status})`)
  }
  return Number(result)
}

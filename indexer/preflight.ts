import { createServer } from 'node:net'
import {
  IndexerChainMismatchError,
  IndexerPortTakenError,
  IndexerRpcUnreachableError,
} from './errors.ts'
import { askRpc, readQuantity } from './rpc.ts'

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
  const actual = await askRpc(url, 'eth_chainId', [], rpcTimeoutMillis)
    .then((answer) => Number(readQuantity(answer)))
    .catch((cause: unknown) => {
      throw new IndexerRpcUnreachableError(url, cause)
    })
  if (actual !== chainId) throw new IndexerChainMismatchError(url, chainId, actual)
}

import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { IndexerChainMismatchError, IndexerRpcUnreachableError } from './errors.ts'
import { askRpc, readQuantity } from './rpc.ts'

const rpcTimeoutMillis = 5_000

/** A port of the loopback interface that is free. Where another program takes it first, Ponder takes the next one, and says so. */
export async function freePort(): Promise<number> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
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

import { network } from 'hardhat'
import type { NetworkConnection } from 'hardhat/types/network'

/** A local chain that serves HTTP and WebSocket, and a connection to it. */
export type LocalChain = {
  rpcUrl: string
  wsUrl: string
  connection: NetworkConnection
  /** Number of the latest block. */
  blockNumber(): Promise<bigint>
  /** Mines an empty block. */
  mine(): Promise<void>
}

/**
 * Starts Hardhat's chain inside this process: one process less to lose, and it can't outlive the run that it belongs to.
 *
 * @param port - Port of 127.0.0.1.
 */
export async function startChain(port: number): Promise<LocalChain> {
  // Without the second option each block of a quick series would be a second later, and the chain's clock would run ahead.
  const override = { allowBlocksWithSameTimestamp: true }
  const server = await network.createServer({ override }, '127.0.0.1', port)
  await server.listen()
  const rpcUrl = `http://127.0.0.1:${String(port)}`
  const connection = await network.create({
    network: 'target',
    override: { url: rpcUrl, accounts: 'remote' },
  })
  const client = await connection.viem.getPublicClient()
  const testClient = await connection.viem.getTestClient()
  return {
    rpcUrl,
    wsUrl: rpcUrl.replace('http', 'ws'),
    connection,
    blockNumber: () => client.getBlockNumber({ cacheTime: 0 }),
    mine: () => testClient.mine({ blocks: 1 }),
  }
}

import type { Address, PublicClient } from 'viem'
import type { Deployment } from './deployment-file.ts'
import { DeploymentError } from './errors.ts'

/**
 * First block in which any of the addresses holds code, by bisection: some 25 requests on a chain with 30 million blocks.
 *
 * @throws {DeploymentError} When the RPC has no state of the past.
 */
export async function findStartBlock(
  client: PublicClient,
  addresses: readonly Address[],
): Promise<number> {
  let low = 0n
  let high = await client.getBlockNumber({ cacheTime: 0 })
  while (low < high) {
    const middle = (low + high) / 2n
    if (await anyCode(client, addresses, middle)) high = middle
    else low = middle + 1n
  }
  return Number(low)
}

/**
 * The start block that a deployment file gives, if it speaks of these addresses on this very chain: a local chain that was
 * started afresh has another past under the same chain id.
 */
export async function confirmStartBlock(
  client: PublicClient,
  addresses: readonly Address[],
  recorded: Deployment | undefined,
): Promise<number | undefined> {
  if (!recorded) return undefined
  const { chainId: _, startBlock, ...recordedAddresses } = recorded
  const known = new Set(Object.values(recordedAddresses))
  if (known.size !== addresses.length || !addresses.every((it) => known.has(it))) return undefined
  if (BigInt(startBlock) > (await client.getBlockNumber({ cacheTime: 0 }))) return undefined
  try {
    const at = await anyCode(client, addresses, BigInt(startBlock))
    const before = await anyCode(client, addresses, BigInt(startBlock) - 1n)
    return at && !before ? startBlock : undefined
  } catch (error) {
    if (error instanceof DeploymentError) return startBlock
    throw error
  }
}

async function anyCode(
  client: PublicClient,
  addresses: readonly Address[],
  blockNumber: bigint,
): Promise<boolean> {
  try {
    const codes = await Promise.all(
      addresses.map((address) => client.getCode({ address, blockNumber })),
    )
    return codes.some((code) => code !== undefined)
  } catch (cause) {
    throw new DeploymentError(
      'The first block of the deployment could not be found.',
      [
        `The RPC gave no code as of block ${String(blockNumber)}: it may keep no state of the past.`,
        'Give the block number by --start-block, or use an archive RPC.',
      ],
      cause,
    )
  }
}

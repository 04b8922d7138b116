import type { OpenChain } from './chain.ts'

/** The present time as the chain counts it, or this machine where the newest block is old: Unix seconds. */
export async function chainNow({ client }: OpenChain): Promise<bigint> {
  const { timestamp } = await client.getBlock()
  const here = BigInt(Math.floor(Date.now() / 1000))
  return timestamp > here ? timestamp : here
}

import { numberToHex } from 'viem'
import { ChainReorganizedError, EndpointBehindError } from '../../errors/verification.ts'
import type { PolicyChain } from '../policy.ts'
import { type Block, readBlock, readQuantity } from './answers.ts'
import type { ReadClient } from '../../actions/contract.ts'
import { type Ask, askAll, nameOf } from './endpoints.ts'

/** The block of a number, on which all endpoints have to agree. */
export function blockAt(ask: Ask, number: bigint): Promise<Block> {
  return ask('eth_getBlockByNumber', [numberToHex(number), false], readBlock)
}

/** How long an endpoint may lack a block that another one has, in seconds. */
const maxLag = 900n

/**
 * Chooses the block at which everything is read: the highest that all endpoints hold for final, as the policy means it.
 *
 * @throws RpcUnreachableError, EndpointsDisagreeError; EndpointBehindError, since one that is far behind would have all read as it was
 * then: before a key was revoked, say.
 */
export async function pinBlock(
  clients: readonly ReadClient[],
  ask: Ask,
  finality: PolicyChain['finality'] = { confirmations: 1 },
): Promise<Block> {
  // Endpoints are never at the same block, so each is asked for itself; on the block chosen they have to agree.
  const numbers = await Promise.all(
    clients.map((client) => {
      const askOne = askAll([client], [])
      return finality === 'finalized'
        ? askOne('eth_getBlockByNumber', ['finalized', false], readBlock).then((it) => it.number)
        : askOne('eth_blockNumber', [], readQuantity)
    }),
  )
  const lowest = numbers.reduce((a, b) => (a < b ? a : b))
  const behind = clients[numbers.indexOf(lowest)]
  for (const [i, client] of clients.entries()) {
    const newest = numbers[i] ?? lowest
    if (behind && newest > lowest) await checkLag(client, newest, nameOf(behind), lowest + 1n)
  }
  const back = finality === 'finalized' ? 0n : BigInt(finality.confirmations - 1)
  return blockAt(ask, lowest > back ? lowest - back : 0n)
}

/** By the clock of the chain, as one endpoint knows it: how long ago, at its newest block, the first was made that another one lacks. */
async function checkLag(
  client: ReadClient,
  newest: bigint,
  behind: string,
  missed: bigint,
): Promise<void> {
  const ask = askAll([client], [nameOf(client)])
  const [first, last] = [await blockAt(ask, missed), await blockAt(ask, newest)]
  if (last.timestamp - first.timestamp > maxLag) {
    throw new EndpointBehindError(behind, missed, maxLag)
  }
}

/** @throws ChainReorganizedError if the block is not what it was. */
export async function confirmBlock(ask: Ask, block: Block): Promise<void> {
  const now = await blockAt(ask, block.number)
  if (now.hash !== block.hash) throw new ChainReorganizedError(block.number)
}

import type { ReadClient } from '../../actions/contract.ts'
import { ChainMismatchError } from '../../errors/chain.ts'
import type { PolicyChain } from '../policy.ts'
import { type Block, readBytes, readQuantity } from './answers.ts'
import { type Ask, askAll, nameOf } from './endpoints.ts'
import { confirmBlock, pinBlock } from './pinned-block.ts'
import { remembering } from './remembering.ts'

/** Reads one chain at one block, by endpoints that all have to agree. What is asked twice is read once. */
export type ChainReader = {
  chainId: number
  contracts: PolicyChain
  /** Names of the endpoints. */
  endpoints: string[]
  /** The block at which all is read. */
  block: Block
  ask: Ask
  /** For the SDK's own actions; knows `eth_call` alone. */
  client: ReadClient
  /** @throws ChainReorganizedError if the block is gone: what was read is worth nothing then. */
  confirm(): Promise<void>
}

/**
 * Opens a chain for reading.
 *
 * @throws ChainMismatchError if an endpoint serves another chain; RpcUnreachableError, EndpointsDisagreeError
 */
export async function openChain(
  clients: readonly ReadClient[],
  chainId: number,
  contracts: PolicyChain,
): Promise<ChainReader> {
  const endpoints = clients.map(nameOf)
  const ask = askAll(clients, endpoints)
  for (const client of clients) {
    const served = await askAll([client], [])('eth_chainId', [], readQuantity)
    if (served !== BigInt(chainId)) throw new ChainMismatchError(chainId, Number(served))
  }
  const block = await pinBlock(clients, ask, contracts.finality)
  const askOnce = remembering(ask)
  const client = {
    request: ({ method, params }: { method: string; params: readonly unknown[] }) =>
      askOnce(method, params, readBytes),
  }
  return {
    chainId,
    contracts,
    endpoints,
    block,
    ask: askOnce,
    client: client as unknown as ReadClient,
    confirm: () => confirmBlock(ask, block),
  }
}

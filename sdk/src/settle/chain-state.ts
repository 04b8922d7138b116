import { type Account, type Chain, type Client, createClient, type Transport } from 'viem'
import { estimateMaxPriorityFeePerGas, getBlock, getBlockNumber, getChainId } from 'viem/actions'
import type { ReadClient } from '../actions/contract.ts'
import { getHead } from '../actions/getHead.ts'
import { getSessionKey } from '../actions/getSessionKey.ts'
import { getSettlement, type Settlement } from '../actions/getSettlement.ts'
import { ChainMismatchError, NoContractError, RpcUnreachableError } from '../errors/chain.ts'
import { logIdOf } from '../formats/inference.ts'
import { viemChain } from '../transactions/viem-chain.ts'
import { transportTo } from './endpoints.ts'
import { checkFinality, type Finality } from './finality.ts'
import type { SettledBatch, Submit } from './submit.ts'

/** What the chain says of batches, whoever brought them there. */
export type ChainState = Required<
  Pick<
    Submit,
    | 'isFinal'
    | 'isSettled'
    | 'isSettledBy'
    | 'finalHead'
    | 'settledAt'
    | 'keyExpiresAt'
    | 'gasPrice'
  >
> & {
  /**
   * Sees that the endpoints serve the chain; those that don't answer are passed over, as long as one does. Once is enough.
   *
   * @throws ChainMismatchError, RpcUnreachableError
   */
  check: (signal?: AbortSignal) => Promise<void>
}

type BlockChoice = { blockTag?: 'latest' | 'finalized'; blockNumber?: bigint }

/** A client of endpoints that ends with a signal. */
export function clientOf<A extends Account | undefined = undefined>(
  urls: readonly string[],
  chainId: number,
  signal: AbortSignal | undefined,
  account?: A,
): Client<Transport, Chain, A> {
  const transport = transportTo(urls, signal)
  return createClient({ account, chain: viemChain(chainId), transport, cacheTime: 0 }) as Client<
    Transport,
    Chain,
    A
  >
}

/**
 * @param finality - Default: `finalized`.
 * @throws InvalidConfigError
 */
export function chainState(
  urls: readonly string[],
  chainId: number,
  finality: Finality = 'finalized',
): ChainState {
  checkFinality(finality)
  let checked = false
  const clientUntil = (signal: AbortSignal | undefined) => clientOf(urls, chainId, signal)

  async function checkOne(url: string, signal: AbortSignal | undefined): Promise<void> {
    const served = await getChainId(clientOf([url], chainId, signal))
    if (served !== chainId) throw new ChainMismatchError(chainId, served)
  }

  function settlementAt(
    client: ReadClient,
    { place, root }: SettledBatch,
    block: BlockChoice = {},
  ): Promise<Settlement | undefined> {
    const { inferenceLog } = place
    return getSettlement(client, { logId: logIdOf(place), root, inferenceLog, ...block })
  }

  /** Up to where the chain is final; undefined if not even its first block is. */
  async function finalBlock(client: ReadClient): Promise<BlockChoice | undefined> {
    if (finality === 'finalized') return { blockTag: 'finalized' }
    const blockNumber = (await getBlockNumber(client)) - BigInt(finality.confirmations - 1)
    return blockNumber < 0n ? undefined : { blockNumber }
  }

  return {
    async check(signal) {
      if (checked) return
      const answers = await Promise.allSettled(urls.map((url) => checkOne(url, signal)))
      const failures = answers.flatMap((it) =>
        it.status === 'rejected' ? [it.reason as unknown] : [],
      )
      const mismatch = failures.find((it) => it instanceof ChainMismatchError)
      if (mismatch) throw mismatch
      if (failures.length === urls.length) throw failures[0]
      // One that is silent today may serve another chain tomorrow.
      checked = failures.length === 0
    },
    async isFinal(settled) {
      const client = clientUntil(settled.signal)
      const block = await finalBlock(client)
      if (!block) return false
      return settlementAt(client, settled, block).then(
        (found) => found !== undefined,
        (error: unknown) => {
          // The contract is younger than that block.
          if (error instanceof NoContractError) return false
          throw error
        },
      )
    },
    async finalHead(place, signal) {
      const client = clientUntil(signal)
      const block = await finalBlock(client)
      const { inferenceLog } = place
      return block ? getHead(client, { logId: logIdOf(place), inferenceLog, ...block }) : 0n
    },
    isSettled: async (settled) =>
      (await settlementAt(clientUntil(settled.signal), settled)) !== undefined,
    async isSettledBy({ place, root, transactionHash, signal }) {
      const method = 'eth_getTransactionReceipt'
      const receipt = await clientUntil(signal).request({ method, params: [transactionHash] })
      const logId = logIdOf(place)
      // The log's id is made with the contract's address.
      return !!receipt?.logs.some(({ topics }) => topics[1] === logId && topics[2] === root)
    },
    settledAt: async (settled) =>
      (await settlementAt(clientUntil(settled.signal), settled))?.settledAt,
    async keyExpiresAt({ inferenceLog, owner, sessionKey }, signal) {
      const key = await getSessionKey(clientUntil(signal), { inferenceLog, owner, sessionKey })
      return key?.authorizedAt ? key.expiresAt : undefined
    },
    async gasPrice(signal) {
      const client = clientUntil(signal)
      const { baseFeePerGas } = await getBlock(client)
      if (typeof baseFeePerGas !== 'bigint') throw new RpcUnreachableError(undefined)
      return baseFeePerGas + (await estimateMaxPriorityFeePerGas(client))
    },
  }
}

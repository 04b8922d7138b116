import { costOf } from '@assay/sdk/transactions'
import { type Hex, isAddressEqual } from 'viem'
import { getBlock, getLogs, getTransaction, getTransactionReceipt } from 'viem/actions'
import type { RelayChain } from '../chain.ts'
import { sharesOf } from './shares.ts'
import { type Spending, spendingWindow } from './spending.ts'

/** Adds up from the chain what the relay's account has spent, also before this process began and in others. */
export type ChainScan = {
  /** Reads the blocks that were not read yet. One run at a time; what it could not read it reads the next time. */
  refresh(): Promise<void>
  /** Whether the 24 hours have been read once. */
  isComplete(): boolean
}

const firstStep = 2_000n
const maxStep = 50_000n
const parallel = 8

/**
 * The contracts' events name every transaction in which something was settled or said, rejected batches included; of those by the
 * relay's account, the bytes sent say in whose name. Transactions of it that reverted left no event and are not found.
 */
export function createChainScan(chain: RelayChain, spending: Spending): ChainScan {
  const { client, contracts, account } = chain
  let nextBlock: bigint | undefined
  let complete = false
  let running: Promise<void> | undefined

  const timeOf = async (blockNumber: bigint) => (await getBlock(client, { blockNumber })).timestamp

  /** The first block of the last 24 hours. */
  async function firstBlock(latest: bigint, latestTime: bigint): Promise<bigint> {
    const oldest = latestTime - BigInt(spendingWindow)
    let [low, high] = [0n, latest]
    while (low < high) {
      const middle = (low + high) / 2n
      if ((await timeOf(middle)) < oldest) low = middle + 1n
      else high = middle
    }
    return low
  }

  async function noteTransaction(hash: Hex): Promise<void> {
    const { from, input } = await getTransaction(client, { hash })
    if (!isAddressEqual(from, account.address)) return
    const receipt = await getTransactionReceipt(client, { hash })
    const shares = sharesOf(input)
    if (shares.length === 0) return
    const time = Number(await timeOf(receipt.blockNumber))
    spending.note({ hash, time, cost: costOf(receipt), shares })
  }

  async function read(): Promise<void> {
    const latest = await getBlock(client)
    nextBlock ??= await firstBlock(latest.number, latest.timestamp)
    let step = firstStep
    while (nextBlock <= latest.number) {
      const last: bigint = nextBlock + step - 1n
      const toBlock = last < latest.number ? last : latest.number
      try {
        const address = Object.values(contracts)
        const logs = await getLogs(client, { address, fromBlock: nextBlock, toBlock })
        const hashes = [...new Set(logs.map(({ transactionHash }) => transactionHash))]
        for (let i = 0; i < hashes.length; i += parallel) {
          await Promise.all(hashes.slice(i, i + parallel).map(noteTransaction))
        }
      } catch (error) {
        // Endpoints bound how many blocks or logs they give at once.
        if (step === 1n) throw error
        step = step / 4n || 1n
        continue
      }
      nextBlock = toBlock + 1n
      if (step < maxStep) step *= 2n
    }
    complete = true
  }

  return {
    refresh() {
      running ??= read().finally(() => (running = undefined))
      return running
    },
    isComplete: () => complete,
  }
}

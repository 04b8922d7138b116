import { getSettlement } from '@assay/sdk'
import { explainFailure } from '@assay/sdk/relay'
import { quoteFees, type Sender, type Sent } from '@assay/sdk/transactions'
import type { Address, Hex } from 'viem'
import { estimateGas } from 'viem/actions'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'
import type { RelayPolicy } from '../policy.ts'
import type { Rate } from '../rate.ts'
import { sharesOf } from '../spending/shares.ts'
import type { Spending } from '../spending/spending.ts'
import type { CheckedBatch } from './checked-batch.ts'
import { gasOfMany, type Unit } from './gather.ts'
import { encodeSettle } from './settle-call.ts'
import { simulate } from './simulate.ts'

/** What one transaction takes: from whether it may be, to what it cost. */
export type Transactions = {
  /**
   * Checks all that has to hold before anything is paid, and keeps room in the owner's budget.
   *
   * @returns What gives the room back.
   * @throws RelayError, ContractRefusalError, RpcUnreachableError
   */
  admit: (unit: Unit) => Promise<() => void>
  /** Sends one transaction. @throws as Sender.send does, RelayError `gas-above-cap`. */
  send: (batches: readonly CheckedBatch[]) => Promise<Sent>
}

/** A tenth more than was estimated: the state may be another one then. */
const withRoom = (gas: bigint) => gas + gas / 10n

export function createTransactions(
  chain: RelayChain,
  policy: RelayPolicy,
  parts: { sender: Sender; spending: Spending; rate: Rate },
): Transactions {
  const { client, account, contracts } = chain
  const { sender, spending, rate } = parts
  const to = contracts.inferenceLog

  /** @throws the contract's refusal, RelayError `gas-above-cap` */
  async function estimate(data: Hex): Promise<bigint> {
    let gas: bigint
    try {
      gas = withRoom(await estimateGas(client, { account, to, data }))
    } catch (error) {
      throw explainFailure(error, 'inferenceLog', to)
    }
    if (gas <= policy.maxGas) return gas
    throw new RelayError(
      'gas-above-cap',
      `It needs ${gas} gas, and a transaction may have ${policy.maxGas}.`,
    )
  }

  async function isUnsettled({ logId, batch }: CheckedBatch): Promise<boolean> {
    const found = await getSettlement(client, { logId, root: batch.root, inferenceLog: to })
    return found === undefined
  }

  return {
    async admit({ batches, alone }) {
      const owner = (batches[0] as CheckedBatch).owner.toLowerCase() as Address
      // Only what surely is the owner's counts against its rate: anybody can write an owner's name.
      if (!alone) for (const _ of batches) rate.take(owner)
      await simulate(chain, batches)
      if (alone) rate.take(owner)
      const data = encodeSettle(batches.map(({ batch }) => batch))
      const gas = batches.length === 1 ? await estimate(data) : gasOfMany(batches)
      const { maxFeePerGas } = await quoteFees(chain, gas, policy)
      return spending.reserve(owner, gas * maxFeePerGas)
    },
    async send(batches) {
      const data = encodeSettle(batches.map(({ batch }) => batch))
      const gas = await estimate(data)
      return sender.send({
        to,
        data,
        gas,
        async isNeeded() {
          const unsettled = await Promise.all(batches.map(isUnsettled))
          if (!unsettled.includes(true)) return false
          return estimate(data).then(
            () => true,
            () => false,
          )
        },
        onEnd(mined) {
          if (!mined) return
          const { hash, cost } = mined
          spending.note({ hash, time: Date.now() / 1000, cost, shares: sharesOf(data) })
        },
      })
    },
  }
}

import { quoteFees, type Sender, type Sent } from '@assay/sdk/transactions'
import type { Abi, Address, Hex } from 'viem'
import { estimateGas, simulateContract } from 'viem/actions'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'
import type { RelayPolicy } from '../policy.ts'
import type { Rate } from '../rate.ts'
import { sharesOf } from '../spending/shares.ts'
import type { Spending } from '../spending/spending.ts'

/** A call with the account that it speaks for. */
export type AccountCall = {
  /** In lower case. */
  account: Address
  to: Address
  data: Hex
  abi: Abi
  functionName: string
  args: readonly unknown[]
}

/** Simulates a call, keeps room for it in the account's budget, and sends it. @throws viem's errors with the contract's reason, RelayError */
export type SendSignedCall = (call: AccountCall) => Promise<Sent>

export function createSendSignedCall(
  chain: RelayChain,
  policy: RelayPolicy,
  parts: { sender: Sender; spending: Spending; rate: Rate },
): SendSignedCall {
  const { client, account: payer } = chain
  const { sender, spending, rate } = parts

  return async ({ account, to, data, abi, functionName, args }) => {
    const simulate = () =>
      simulateContract(client, { abi, functionName, args, address: to, account: payer })
    // The contract alone knows whether the signature is good; until then it counts against nobody's rate.
    await simulate()
    rate.take(account)
    const estimated = await estimateGas(client, { account: payer, to, data })
    const gas = estimated + estimated / 10n
    if (gas > policy.maxGas) {
      throw new RelayError(
        'gas-above-cap',
        `It needs ${gas} gas; ${policy.maxGas} are paid at most.`,
      )
    }
    const { maxFeePerGas } = await quoteFees(chain, gas, policy)
    const release = spending.reserve(account, gas * maxFeePerGas)
    try {
      return await sender.send({
        ...{ to, data, gas },
        isNeeded: () =>
          simulate().then(
            () => true,
            () => false,
          ),
        onEnd(mined) {
          release()
          if (!mined) return
          const { hash, cost } = mined
          spending.note({ hash, time: Date.now() / 1000, cost, shares: sharesOf(data) })
        },
      })
    } catch (error) {
      release()
      throw error
    }
  }
}

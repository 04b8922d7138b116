import type { Terminal } from '../output/terminal.ts'
import type { OpenChain } from '../settings/chain.ts'
import { ownerAccount, ownerNamed } from './account.ts'
import { type OwnerCall, showScope, transactionOf } from './owner-call.ts'
import type { OwnerOptions } from './options.ts'
import type { Spoken } from './spoken.ts'

/** Has the chain try a call, and prices it. Nothing is sent, and no key is needed where the owner is named. */
export async function simulateCall(
  call: OwnerCall,
  place: OpenChain,
  options: OwnerOptions,
  terminal: Terminal,
): Promise<Spoken> {
  const account = ownerNamed(options) ?? (await ownerAccount(options)).address
  await showScope(call, account, terminal)
  const said = await call.arguments(account)
  const transaction = { ...transactionOf(call.kind, place, said), account }
  await place.client.simulateContract(transaction)
  const gas = await place.client.estimateContractGas(transaction)
  const gasPrice = await place.client.getGasPrice()
  return { status: 'simulated', account, said, cost: { gas, gasPrice, cost: gas * gasPrice } }
}

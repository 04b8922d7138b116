import { relaySignedCall } from '@assay/sdk'
import { callTypedData } from '@assay/sdk/relay'
import { UsageError } from '../errors.ts'
import { canAsk, confirm } from '../input/prompt.ts'
import type { Terminal } from '../output/terminal.ts'
import type { OpenChain } from '../settings/chain.ts'
import { waitUntilMined } from '../settings/mined.ts'
import { ownerAccount, ownerNamed } from './account.ts'
import { type OwnerCall, showScope, transactionOf, unsignedCall } from './owner-call.ts'
import type { OwnerOptions } from './options.ts'
import { relayOf } from './relay.ts'
import type { Spoken } from './spoken.ts'

/** How long a signature may be used that is handed in at once, in seconds. */
const validFor = 3_600n

/** The owner's key is at hand: by a transaction of its own, or by a signature that a relay hands in. */
export async function speakByKey(
  call: OwnerCall,
  place: OpenChain,
  options: OwnerOptions,
  terminal: Terminal,
): Promise<Spoken> {
  // What is asked of the owner stands there before the key is asked for.
  const named = ownerNamed(options)
  if (named) await showScope(call, named, terminal)
  const owner = await ownerAccount(options)
  const account = owner.address
  if (!named) await showScope(call, account, terminal)
  const said = await call.arguments(account)
  const transaction = { ...transactionOf(call.kind, place, said), account: owner }
  // Refused here it costs nobody anything, and has the chain's own reason.
  const { request } = await place.client.simulateContract(transaction)
  if (canAsk() && !options.yes && !(await confirm('Go on?'))) {
    throw new UsageError('Nothing was done.')
  }
  const url = relayOf(options)
  if (url === undefined) {
    const transactionHash = await place.as(owner).writeContract(request)
    await waitUntilMined(place, transactionHash)
    return { status: 'done', account, said, transactionHash }
  }
  const unsigned = await unsignedCall(call, place, account, said, validFor)
  const signature = await owner.signTypedData(callTypedData(unsigned))
  const signed = { ...unsigned, arguments: { ...unsigned.arguments, signature } }
  const { transactionHash } = await relaySignedCall(place.client, { call: signed, url })
  return { status: 'done', account, said, transactionHash }
}

import { deliver } from '../output/deliver.ts'
import { plain, plainJson } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { writeFile } from '../output/write-file.ts'
import type { OpenChain } from '../settings/chain.ts'
import { ownerAddress } from './account.ts'
import { type OwnerCall, showScope, transactionOf, unsignedCall } from './owner-call.ts'
import type { OwnerOptions } from './options.ts'
import { signingPage } from './signing-page.ts'
import { signingRequestOf } from './signing-request.ts'
import type { Spoken } from './spoken.ts'

/** How long a signature may be used that is made elsewhere, in seconds: a day, for people who have to meet. */
const validFor = 86_400n

/** Gives what has to be signed elsewhere: the request, and a page on request. */
export async function requestSignature(
  call: OwnerCall,
  place: OpenChain,
  options: OwnerOptions,
  terminal: Terminal,
): Promise<Spoken> {
  const account = ownerAddress(options)
  await showScope(call, account, terminal)
  const said = await call.arguments(account)
  // What the chain would refuse, nobody should be asked for.
  await place.client.simulateContract({ ...transactionOf(call.kind, place, said), account })
  const unsigned = await unsignedCall(call, place, account, said, validFor)
  const request = signingRequestOf(unsigned)
  const { page, force: replace = false } = options
  if (page !== undefined) {
    await writeFile(page, signingPage(request, account, call.scope(account)), { replace })
    await terminal.note(`Open it in a browser that has the wallet: ${plain(page)}`)
  }
  // Beside a page the request is needed too: it goes with the signature when that is handed in.
  await deliver(`${plainJson(request)}\n`, { ...options, json: false }, terminal)
  return { status: 'requested', account, said }
}

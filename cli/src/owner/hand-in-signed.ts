import { relaySignedCall, submitSignedCall } from '@assay/sdk'
import { callTypedData, signedCalls } from '@assay/sdk/relay'
import type { Hex, PrivateKeyAccount } from 'viem'
import { InputError, UsageError } from '../errors.ts'
import { defaultTimeout } from '../input/limits.ts'
import { readFileText } from '../input/read-text.ts'
import type { Terminal } from '../output/terminal.ts'
import type { OpenChain } from '../settings/chain.ts'
import { waitUntilMined } from '../settings/mined.ts'
import { sessionAccount } from '../settings/session-key.ts'
import { ownerAddress } from './account.ts'
import { callWith, type OwnerCall, showScope } from './owner-call.ts'
import type { OwnerOptions } from './options.ts'
import { relayOf } from './relay.ts'
import { integerIn, isSameRequest, readSigningRequest } from './signing-request.ts'
import type { Spoken } from './spoken.ts'

/** A signature is a few hundred bytes, also one of several owners. */
const maxSignatureBytes = 65_536

/**
 * Hands in what was signed elsewhere: by a relay, else by a transaction of the session key.
 *
 * @param path - Of the request that was signed.
 * @throws InputError if it asks for something else than this command, UsageError if the signature is not the owner's
 */
export async function handInSigned(
  call: OwnerCall,
  place: OpenChain,
  options: OwnerOptions,
  path: string,
  terminal: Terminal,
): Promise<Spoken> {
  const account = ownerAddress(options)
  const request = await readSigningRequest(path)
  const said = await call.arguments(account)
  const unsigned = callWith(call, place, {
    ...said,
    [signedCalls[call.kind].account]: account,
    nonce: integerIn(request, 'nonce', path),
    deadline: integerIn(request, 'deadline', path),
  })
  if (!isSameRequest(unsigned, request, path)) {
    throw new InputError(path, 'asks for something else than this command', {
      metaMessages: ['Give the same options as when it was made.'],
    })
  }
  const signature = await signatureIn(options)
  const isValid = await place.client
    .verifyTypedData({ ...callTypedData(unsigned), address: account, signature })
    // A signature of a form that no account has.
    .catch(() => false)
  if (!isValid) throw new UsageError(`The signature is not one of ${account} over this request.`)
  await showScope(call, account, terminal)
  const signed = { ...unsigned, arguments: { ...unsigned.arguments, signature } }
  const url = relayOf(options)
  if (url !== undefined) {
    const { transactionHash } = await relaySignedCall(place.client, { call: signed, url })
    return { status: 'done', account, said, transactionHash }
  }
  const transactionHash = await submitSignedCall(place.as(payer()), signed)
  await waitUntilMined(place, transactionHash)
  return { status: 'done', account, said, transactionHash }
}

function payer(): PrivateKeyAccount {
  const session = sessionAccount()
  if (session) return session
  throw new UsageError('Nobody is there to pay for handing it in.', {
    metaMessages: ['Name a relay by --relay, or set ASSAY_SESSION_KEY to a key that holds coins.'],
  })
}

async function signatureIn({ signature, signatureFile = '' }: OwnerOptions): Promise<Hex> {
  const timeout = defaultTimeout * 1000
  const text = signature ?? (await readFileText(signatureFile, maxSignatureBytes, timeout))
  const hex = text.trim()
  if (hex.length % 2 === 0 && /^0x[0-9a-fA-F]+$/.test(hex)) return hex as Hex
  throw new UsageError('The signature must be 0x and hex digits, as the wallet gave it.')
}

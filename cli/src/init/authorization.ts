import type { SessionKey } from '@assay/sdk'
import { type Address, isAddressEqual } from 'viem'
import { InputError, UsageError } from '../errors.ts'
import { secondsOfDays } from '../input/days.ts'
import { timeOf } from '../output/time.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import { integerIn, readSigningRequest } from '../owner/signing-request.ts'
import type { OpenChain } from '../settings/chain.ts'
import type { InitOptions } from './options.ts'

/**
 * The authorization that the owner is asked for.
 *
 * @param known - What the chain knows of the key.
 * @param now - Unix seconds.
 * @throws UsageError if it would not extend the one there is; InputError if the request that was signed is for another key
 */
export async function authorizationOf(
  place: OpenChain,
  sessionKey: Address,
  known: SessionKey | undefined,
  now: bigint,
  options: InitOptions,
): Promise<OwnerCall> {
  const { request } = options
  const expiresAt =
    request === undefined
      ? Number(now) + secondsOfDays(options.days)
      : await expiryIn(request, sessionKey)
  if (known && expiresAt < known.expiresAt) {
    throw new UsageError('An authorization can only be extended.', {
      metaMessages: [
        `It ends at ${timeOf(BigInt(known.expiresAt))} now; ${timeOf(BigInt(expiresAt))} is earlier.`,
        'Name more days by --days.',
      ],
    })
  }
  return {
    kind: 'authorizeSessionKey',
    arguments: () => ({ sessionKey, expiresAt }),
    scope: (owner) => [
      ['asks for', `authorization of a session key${known?.expiresAt ? ', extended' : ''}`],
      ['chain', String(place.chainId)],
      ['inference log', place.contract('inferenceLog')],
      ['owner', owner],
      ['session key', sessionKey],
      ['until', timeOf(BigInt(expiresAt))],
      ['allows', 'recording and settling inferences in the name of the owner; nothing else'],
    ],
  }
}

/** The request that was printed says until when; its other parts are compared when it is handed in. */
async function expiryIn(path: string, sessionKey: Address): Promise<number> {
  const request = await readSigningRequest(path)
  const { sessionKey: asked } = request.message
  if (typeof asked !== 'string' || !/^0x[0-9a-f]{40}$/i.test(asked)) {
    throw new InputError(path, 'is no request of `assay init`')
  }
  if (!isAddressEqual(asked as Address, sessionKey)) {
    throw new InputError(path, 'is for another session key than these settings hold', {
      metaMessages: [`Asked for: ${asked}`, `Settings: ${sessionKey}`],
    })
  }
  return Number(integerIn(request, 'expiresAt', path))
}

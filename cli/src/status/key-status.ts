import { getSessionKey, type SessionKey } from '@assay/sdk'
import type { Address } from 'viem'
import { addressSet, type OpenChain } from '../settings/chain.ts'
import { sessionAccount } from '../settings/session-key.ts'

/** The session key of the settings, and what the chain knows of it. Undefined: the owner never spoke of it. */
export type KeyStatus = {
  owner: Address
  sessionKey: Address
  state: SessionKey | undefined
}

/** Undefined if the settings name no owner or no key. @throws UsageError, RpcUnreachableError, NoContractError */
export async function keyStatus(place: OpenChain): Promise<KeyStatus | undefined> {
  const owner = addressSet('ASSAY_OWNER')
  const sessionKey = sessionAccount()?.address
  if (!owner || !sessionKey) return undefined
  const inferenceLog = place.contract('inferenceLog')
  const state = await getSessionKey(place.client, { owner, sessionKey, inferenceLog })
  return { owner, sessionKey, state }
}

/** What the chain knows of a key, for reading. @param now - Unix seconds. */
export function keyText(state: SessionKey | undefined, now: bigint): string {
  if (!state?.authorizedAt && state?.revokedAt === undefined) return 'not authorized by the owner'
  if (state.revokedAt !== undefined) return 'revoked, which is final'
  const days = (Number(BigInt(state.expiresAt) - now) / 86_400).toFixed(1)
  const until = new Date(state.expiresAt * 1000).toISOString().replace('.000Z', 'Z')
  if (BigInt(state.expiresAt) < now) return `expired at ${until}`
  const reported = state.compromise ? '; reported as compromised' : ''
  return `authorized until ${until}, for ${days} days${reported}`
}

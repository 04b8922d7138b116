import type { OpenChain } from '../settings/chain.ts'
import { chainNow } from '../settings/now.ts'
import { keyStatus, keyText } from '../status/key-status.ts'
import type { Finding } from './finding.ts'

/** Below so many seconds the end is near: a week, in which somebody finds the time. */
const near = 7n * 86_400n

/** Whether the owner's authorization of the session key holds, and for how long. */
export async function checkSessionKey(place: OpenChain): Promise<Finding> {
  const check = 'session key'
  const key = await keyStatus(place)
  if (!key) {
    const fix = '`assay init` makes a key and writes the settings.'
    return { check, status: 'fail', text: 'The settings name no owner or no session key', fix }
  }
  const now = await chainNow(place)
  const { state, sessionKey } = key
  const text = `${sessionKey}: ${keyText(state, now)}`
  if (state?.revokedAt !== undefined)
    return { check, status: 'fail', text, fix: '`assay init --new-key` makes another one.' }
  if (!state?.authorizedAt)
    return { check, status: 'fail', text, fix: 'Its owner authorizes it: `assay init`.' }
  const left = BigInt(state.expiresAt) - now
  const fix = 'Extend it: `assay init --renew`.'
  if (left < 0n) return { check, status: 'fail', text, fix }
  if (state.compromise) {
    const report =
      'What it settles from the reported time on is unknown to readers: `assay init --new-key`.'
    return { check, status: 'warn', text, fix: report }
  }
  return left < near ? { check, status: 'warn', text, fix } : { check, status: 'ok', text }
}

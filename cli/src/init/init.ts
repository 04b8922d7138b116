import { getSessionKey, type SessionKey } from '@assay/sdk'
import type { Address } from 'viem'
import { UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import type { Terminal } from '../output/terminal.ts'
import { ownerKnown } from '../owner/account.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { openChain } from '../settings/chain.ts'
import { defaultEnvFile, readEnvFile } from '../settings/env-file.ts'
import { chainNow } from '../settings/now.ts'
import { accountFrom } from '../settings/session-key.ts'
import { adoptSettings } from './adopt-settings.ts'
import { authorizationOf } from './authorization.ts'
import { findKey, keepNext, takeUpNext } from './key-files.ts'
import type { InitOptions } from './options.ts'
import { refuseToLeave } from './refuse-to-leave.ts'
import { showInit } from './show-init.ts'
import { settingsOf } from './settings-of.ts'

/**
 * Makes a session key, has its owner authorize it, and writes the settings by which `createRecorder()` uses it. What is there
 * already is kept, and said.
 *
 * @throws UsageError, InputError, OutputError; what the chain, the relay or the keystore refuses
 */
export async function init(options: InitOptions, terminal: Terminal): Promise<void> {
  checkOwnerOptions(options)
  const path = options.settings ?? defaultEnvFile
  const present = await readEnvFile(path)
  adoptSettings(present ?? {}, options, path)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const inferenceLog = place.contract('inferenceLog')
  const key = present?.ASSAY_SESSION_KEY
  const before = key === undefined ? undefined : accountFrom(key, `ASSAY_SESSION_KEY in ${path}`)
  if (options.newKey && before) await refuseToLeave(before.address, place, options)

  const file = await findKey(path, Boolean(options.newKey))
  const sessionKey = file.account.address
  const stateFor = (owner: Address) =>
    getSessionKey(place.client, { owner, sessionKey, inferenceLog })
  const keep = (owner: Address | undefined) =>
    keepNext(path, settingsOf({ ...present, ASSAY_SESSION_KEY: file.key }, place, owner, options))
  /** An authorized key's settings come to their place. */
  async function takeUp(owner: Address): Promise<string | undefined> {
    if (!file.isNew) return undefined
    await keep(owner)
    return takeUpNext(path, before)
  }

  const named = ownerKnown(options)
  const known = named && (await stateFor(named))
  if (known?.revokedAt !== undefined) {
    throw new UsageError(`The session key ${sessionKey} was revoked, which is final.`, {
      metaMessages: ['`assay init --new-key` makes another one.'],
    })
  }
  const now = await chainNow(place)
  const common = { place, sessionKey, path }
  if (named && isInForce(known, now) && !options.renew) {
    const kept = await takeUp(named)
    const { expiresAt } = known
    return showInit(
      { ...common, status: 'present', owner: named, expiresAt, kept },
      terminal,
      options,
    )
  }
  if (file.isNew && !options.dryRun) await keep(named)
  // It pays where a signature is handed in without a relay.
  process.env.ASSAY_SESSION_KEY = file.key
  const call = await authorizationOf(place, sessionKey, known, now, options)
  const spoken = await speak(call, place, options, terminal)
  const { account: owner } = spoken
  const expiresAt = Number(spoken.said.expiresAt)
  if (spoken.status !== 'done')
    return showInit({ ...common, ...spoken, owner, expiresAt }, terminal, options)
  const kept = await takeUp(owner)
  const { transactionHash } = spoken
  const status = 'authorized'
  return showInit({ ...common, status, owner, expiresAt, transactionHash, kept }, terminal, options)
}

function isInForce(known: SessionKey | undefined, now: bigint): known is SessionKey {
  return known !== undefined && BigInt(known.expiresAt) > now
}

import { createRecorder, settleByOwner, type SettleByOwnerOptions } from '@assay/sdk'
import type { Address } from 'viem'
import { UsageError } from '../errors.ts'
import { within } from '../input/within.ts'
import { ownerAccount, ownerAddress } from '../owner/account.ts'
import { addressFrom } from '../settings/chain.ts'
import { sessionAccount } from '../settings/session-key.ts'
import type { FlushOptions } from './options.ts'

/** What settling takes, whoever does it. */
type Work = Omit<SettleByOwnerOptions, 'owner' | 'sessionKey' | 'onSettled' | 'timeoutMillis'> & {
  sessionKey: Address
  timeoutMillis: number
  onSettled: (count: number) => void
}

/** Who settles: the session key, or its owner. */
export type Settler = {
  owner: Address
  /** Whose inferences they are. */
  sessionKey: Address
  /** @throws what stops it */
  settle: (work: Work) => Promise<unknown>
}

/** How often it is told how far it has come, in ms. */
const lookEvery = 200

/** @throws UsageError */
export async function settlerOf(options: FlushOptions): Promise<Settler> {
  if (options.inPlaceOf !== undefined) {
    const sessionKey = addressFrom(options.inPlaceOf, '`--in-place-of`')
    const owner = await ownerAccount(options)
    const settle = (work: Work) => settleByOwner({ ...work, owner })
    return { owner: owner.address, sessionKey, settle }
  }
  const account = sessionAccount()
  if (!account) {
    throw new UsageError('The session key is not given: ASSAY_SESSION_KEY.', {
      metaMessages: ['If it is lost, its owner settles: --in-place-of <address of the key>.'],
    })
  }
  const owner = ownerAddress({})
  return { owner, sessionKey: account.address, settle: (work) => settleByKey({ ...work, owner }) }
}

async function settleByKey({
  timeoutMillis,
  onSettled,
  ...options
}: Work & { owner: Address }): Promise<void> {
  const recorder = createRecorder({
    ...options,
    sessionKey: process.env.ASSAY_SESSION_KEY,
    exportTimeoutMillis: timeoutMillis,
  })
  const timer = setInterval(() => onSettled(recorder.status().settled), lookEvery)
  try {
    await within(timeoutMillis, recorder.flush())
  } finally {
    clearInterval(timer)
    onSettled(recorder.status().settled)
    // What is under way is given up where the time is over: the next run finds it settled, or settles it.
    await within(5_000, recorder.shutdown()).catch(() => undefined)
  }
}

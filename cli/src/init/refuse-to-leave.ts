import { getSessionKey } from '@assay/sdk'
import type { Address } from 'viem'
import { UsageError } from '../errors.ts'
import { existingJournalDirectory } from '../journals/journal-directory.ts'
import { pendingOf } from '../journals/pending.ts'
import { ownerNamed } from '../owner/account.ts'
import type { OpenChain } from '../settings/chain.ts'
import type { InitOptions } from './options.ts'

/**
 * Refuses to change the key while inferences wait under the present one: another key can't settle them. One that can't settle
 * them either, since it was revoked, is left.
 *
 * @throws UsageError
 */
export async function refuseToLeave(
  sessionKey: Address,
  place: OpenChain,
  options: InitOptions,
): Promise<void> {
  const directory = existingJournalDirectory(options.journal)
  if (directory === undefined) return
  const pending = await pendingOf(sessionKey, directory)
  if (pending === 0) return
  const owner = ownerNamed(options)
  const inferenceLog = place.contract('inferenceLog')
  const known = owner && (await getSessionKey(place.client, { owner, sessionKey, inferenceLog }))
  if (known?.revokedAt !== undefined) return
  throw new UsageError(`${pending} inferences wait to be settled by the present key.`, {
    metaMessages: [
      `Session key: ${sessionKey}`,
      'Settle them first: `assay flush`. Or keep the key: `assay init --renew`.',
    ],
  })
}

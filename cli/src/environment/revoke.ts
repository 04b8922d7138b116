import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import type { Terminal } from '../output/terminal.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { showSpoken } from '../owner/show-spoken.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'

/** Revokes an environment of the owner from now on. @throws UsageError; what the chain refuses */
export async function revoke(id: string, options: OwnerOptions, terminal: Terminal): Promise<void> {
  checkOwnerOptions(options)
  await loadEnvFile(options.settings)
  const environmentId = wordFrom(id, 'The environment id')
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const call: OwnerCall = {
    kind: 'revokeEnvironment',
    arguments: () => ({ environmentId }),
    scope: (registrant) => [
      ['asks for', 'revocation of an environment, for good'],
      ['chain', String(place.chainId)],
      ['environment registry', place.contract('environmentRegistry')],
      ['registrant', registrant],
      ['environment', environmentId],
    ],
  }
  const spoken = await speak(call, place, options, terminal)
  const named = { registrant: spoken.account, environmentId }
  await showSpoken(spoken, 'The environment is revoked.', named, options, terminal)
}

import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import type { Terminal } from '../output/terminal.ts'
import { timeOf } from '../output/time.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { showSpoken } from '../owner/show-spoken.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { secondsFrom } from './judging.ts'

export type ReportCompromiseOptions = OwnerOptions & { since: string }

/** Reports that others held an environment of the owner since a time. @throws UsageError; what the chain refuses */
export async function reportCompromise(
  id: string,
  options: ReportCompromiseOptions,
  terminal: Terminal,
): Promise<void> {
  checkOwnerOptions(options)
  await loadEnvFile(options.settings)
  const environmentId = wordFrom(id, 'The environment id')
  const since = secondsFrom(options.since, '`--since`')
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const call: OwnerCall = {
    kind: 'reportEnvironmentCompromise',
    arguments: () => ({ environmentId, since }),
    scope: (registrant) => [
      ['asks for', 'report of a compromise, for good'],
      ['chain', String(place.chainId)],
      ['environment registry', place.contract('environmentRegistry')],
      ['registrant', registrant],
      ['environment', environmentId],
      ['compromised since', timeOf(BigInt(since))],
    ],
  }
  const spoken = await speak(call, place, options, terminal)
  const named = { registrant: spoken.account, environmentId }
  await showSpoken(spoken, 'The compromise is reported.', named, options, terminal)
}

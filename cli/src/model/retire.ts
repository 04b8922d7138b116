import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import type { Terminal } from '../output/terminal.ts'
import type { OwnerCall } from '../owner/owner-call.ts'
import type { OwnerOptions } from '../owner/options.ts'
import { showSpoken } from '../owner/show-spoken.ts'
import { checkOwnerOptions, speak } from '../owner/speak.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'

export type RetireOptions = OwnerOptions & { reason: string }

/** Marks a model of the owner as no longer to be used. @throws UsageError; what the chain refuses */
export async function retire(
  id: string,
  options: RetireOptions,
  terminal: Terminal,
): Promise<void> {
  checkOwnerOptions(options)
  await loadEnvFile(options.settings)
  const modelId = wordFrom(id, 'The model id')
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  const { reason } = options
  const call: OwnerCall = {
    kind: 'retireModel',
    arguments: () => ({ modelId, reason }),
    scope: (publisher) => [
      ['asks for', 'retirement of a model, for good'],
      ['chain', String(place.chainId)],
      ['model registry', place.contract('modelRegistry')],
      ['publisher', publisher],
      ['model', modelId],
      ['reason', reason],
    ],
  }
  const spoken = await speak(call, place, options, terminal)
  const named = { publisher: spoken.account, modelId }
  await showSpoken(spoken, 'The model is retired.', named, options, terminal)
}

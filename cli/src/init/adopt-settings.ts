import { UsageError } from '../errors.ts'
import { ownerNamed } from '../owner/account.ts'
import { addressFrom } from '../settings/chain.ts'
import type { Variables } from '../settings/env-file.ts'
import { accountFrom } from '../settings/session-key.ts'
import type { InitOptions } from './options.ts'

/** Variables that say whose key it is, and where: a file that is there stands for these alone. */
const identity = ['ASSAY_CHAIN_ID', 'ASSAY_INFERENCE_LOG', 'ASSAY_OWNER', 'ASSAY_SESSION_KEY']

/**
 * Takes options and the settings of the file into the environment, from which the rest is read.
 *
 * @throws UsageError if they speak of another owner, key, chain or contract than the file
 */
export function adoptSettings(present: Variables, options: InitOptions, path: string): void {
  const { env } = process
  const { owner, inferenceLog, journal, indexer, relay } = options
  if (owner !== undefined) env.ASSAY_OWNER = ownerNamed({ owner })
  if (inferenceLog !== undefined)
    env.ASSAY_INFERENCE_LOG = addressFrom(inferenceLog, '`--inference-log`')
  if (journal !== undefined) env.ASSAY_JOURNAL = journal
  if (indexer !== undefined) env.ASSAY_INDEXER_URL = indexer
  if (relay !== undefined) env.ASSAY_RELAY_URL = relay
  for (const name of identity) {
    const [here, there] = [env[name], present[name]]
    if (here === undefined || there === undefined) continue
    if (here.toLowerCase() === there.toLowerCase()) continue
    throw new UsageError(`${name} is another one in the settings that are there.`, {
      metaMessages: [
        `Settings: ${path}`,
        ...(name === 'ASSAY_SESSION_KEY'
          ? [`Their session key: ${accountFrom(there, name).address}`]
          : [`There: ${there}`, `Here: ${here}`]),
        'Name another file by --settings, or leave this setting out.',
      ],
    })
  }
  for (const [name, value] of Object.entries(present)) env[name] ??= value
}

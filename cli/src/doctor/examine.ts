import { timeoutMillisOf } from '../input/limits.ts'
import { relayOf } from '../owner/relay.ts'
import type { OpenChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { checkClock } from './check-clock.ts'
import { attempt, isFinding } from './attempt.ts'
import { checkContracts } from './check-contracts.ts'
import { checkEndpoints } from './check-endpoints.ts'
import { checkFunds } from './check-funds.ts'
import { checkIndexer } from './check-indexer.ts'
import { checkJournal } from './check-journal.ts'
import { checkRelay } from './check-relay.ts'
import { checkSessionKey } from './check-session-key.ts'
import type { Finding } from './finding.ts'
import type { DoctorOptions } from './options.ts'

/** Looks at all that recording and settling need, in the order in which one rests upon the other. */
export async function* examine(options: DoctorOptions): AsyncGenerator<Finding> {
  const timeoutMillis = timeoutMillisOf(options.timeout)
  const file = await loadEnvFile(options.settings)
  yield file === undefined
    ? { check: 'settings', status: 'ok', text: 'those of the environment' }
    : { check: 'settings', status: 'ok', text: `those of ${file}` }
  const { place, findings } = await checkEndpoints(options, timeoutMillis)
  yield* findings
  if (place) yield* examineChain(place, options, timeoutMillis)
  yield* await checkJournal(options.journal)
  const indexer = options.indexer ?? process.env.ASSAY_INDEXER_URL
  if (indexer) yield checkIndexer(indexer, timeoutMillis)
}

async function* examineChain(
  place: OpenChain,
  options: DoctorOptions,
  timeoutMillis: number,
): AsyncGenerator<Finding> {
  const contracts = await attempt('contracts', () => checkContracts(place))
  yield* isFinding(contracts) ? [contracts] : contracts
  // Without it, what follows can't be asked.
  const hasLog = !isFinding(contracts) && contracts.every(({ status }) => status !== 'fail')
  if (hasLog) yield attempt('session key', () => checkSessionKey(place))
  const funds = await attempt('funds', async () => {
    const relay = relayOf(options)
    if (relay === undefined) return checkFunds(place)
    return hasLog ? checkRelay(place, relay, timeoutMillis) : undefined
  })
  if (funds) yield funds
  yield attempt('clock', () => checkClock(place))
}

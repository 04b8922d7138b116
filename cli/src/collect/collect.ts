import { deploymentOf, type JournalPlace, logIdOf, relay } from '@assay/sdk'
import { holdFolder } from '@assay/sdk/collect'
import { DeploymentNotFoundError } from '@assay/sdk/errors'
import { readHolder } from '@assay/sdk/inspect'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { GlobalOptions } from '../commands/global-options.ts'
import { JournalHeldError, UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { within } from '../input/within.ts'
import { journalDirectory } from '../journals/journal-directory.ts'
import type { Terminal } from '../output/terminal.ts'
import { ownerAddress } from '../owner/account.ts'
import { relayOf } from '../owner/relay.ts'
import {
  addressSet,
  chainIdSet,
  contractVariables,
  endpointsOf,
  openChain,
} from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { sessionAccount } from '../settings/session-key.ts'
import { type Collector, createCollector } from './create-collector.ts'
import { type CollectorLimits, limitsFrom } from './limits.ts'
import { listen } from './listen.ts'
import type { CollectOptions } from './options.ts'
import { createErrorTell, createTell, type Tell } from './tell.ts'
import { guardFrom } from './guard-options.ts'

const defaultPort = '8547'
const defaultHost = '127.0.0.1'
/** How long an inference waits for others to share its batch, in seconds. */
const defaultDelay = '5'
/** How long the end may take to settle what is left, in seconds. */
const defaultGrace = '10'
/** How often it is told how far it has come, in ms. */
const tellEvery = 5_000
/** How long requests under way may take at the end, in ms. */
const requestGrace = 2_000
/** How long the journal may take to close, in ms. */
const closeGrace = 5_000
/** How long the chain may take to say which one it is, where no setting does, in ms. */
const chainMillis = 30_000

/**
 * Takes records over HTTP until it is ended by a signal.
 *
 * @throws UsageError, JournalError, JournalHeldError, ListenError; what the chain says, where no setting names it
 */
export async function collect(
  options: CollectOptions & GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  await loadEnvFile(options.settings)
  const host = options.host ?? defaultHost
  const port = portFrom(options.port ?? defaultPort)
  const limits = limitsFrom(options)
  const guard = await guardFrom(options, host)
  const delayMillis = timeoutMillisOf(options.delay ?? defaultDelay, '`--delay`')
  const graceMillis = timeoutMillisOf(options.grace ?? defaultGrace, '`--grace`')
  const place = await placeOf(options)
  const directory = resolve(journalDirectory(options.journal))
  const tell = createTell(terminal, options.json ?? false)
  const tellError = createErrorTell(tell)
  const lock = hold(directory)
  try {
    const collector = await createCollector({
      place,
      directory,
      limits,
      guard,
      recorder: recorderOptions(options, place, { delayMillis, tellError }),
      onUnread: tellError,
      onFailure: tellError,
    })
    try {
      await serveUntilSignal(collector, {
        ...{ host, port, limits, directory, place },
        ...{ tell, tellError, graceMillis },
      })
    } finally {
      await collector.book.close(closeGrace)
    }
    // What was given up says so itself, which by now is no news.
    tellError.end()
    await tell({ event: 'ended', ...countsOf(collector) })
  } finally {
    lock.release()
  }
}

type Serving = {
  host: string
  port: number
  limits: CollectorLimits
  directory: string
  place: JournalPlace
  tell: Tell
  tellError: (error: unknown) => void
  graceMillis: number
}

async function serveUntilSignal(collector: Collector, serving: Serving): Promise<void> {
  const { host, port, limits, directory, place, tell, tellError, graceMillis } = serving
  const { book } = collector
  const { maxConnections } = limits
  const server = await listen(collector.fetch, { host, port, maxConnections })
  const signal = nextSignal()
  const { instance, state } = book.journal()
  const logId = logIdOf({ ...place, instance })
  const pending = Number(state.next - state.settled)
  await tell({ event: 'listening', url: server.url, journal: directory, logId, pending })
  let last = ''
  const timer = setInterval(() => {
    const counts = countsOf(collector)
    const text = JSON.stringify(counts)
    if (text !== last) void tell({ event: 'progress', ...counts })
    last = text
  }, tellEvery)
  await tell({ event: 'ending', signal: await signal })
  clearInterval(timer)
  collector.end()
  // Who is being answered is answered; what they were told is in the journal then.
  await server.close(requestGrace)
  await within(graceMillis, book.flush()).catch(tellError)
}

function countsOf({ book }: Collector) {
  const { recorded, settled, finalized, pending, dropped } = book.status()
  return { recorded, settled, finalized, pending, dropped }
}

/** The signal that asks to end. A second one is an order. */
function nextSignal(): Promise<string> {
  return new Promise((found) => {
    let ending = false
    const end = (signal: string) => {
      if (ending) process.exit(0)
      ending = true
      found(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)
  })
}

/** Two collectors on one directory would not know each other's idempotency keys. */
function hold(directory: string): { release(): void } {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const folder = join(directory, 'collector')
  const lock = holdFolder(folder)
  if (!lock) throw new JournalHeldError(directory, readHolder(folder)?.pid)
  return lock
}

/** Whose inferences are taken. A chain that its settings name is not asked: the collector starts while it is away, too. */
async function placeOf(options: CollectOptions): Promise<JournalPlace> {
  const account = sessionAccount()
  if (!account) throw new UsageError('The session key is not given: ASSAY_SESSION_KEY.')
  const owner = ownerAddress({})
  endpointsOf(options.rpc)
  const chainId = chainIdSet() ?? (await openChain(options, chainMillis)).chainId
  const inferenceLog =
    addressSet(contractVariables.inferenceLog) ?? deploymentOf(chainId)?.inferenceLog
  if (!inferenceLog) throw new DeploymentNotFoundError('inferenceLog', chainId)
  return { chainId, inferenceLog, owner, sessionKey: account.address }
}

function recorderOptions(
  options: CollectOptions,
  { chainId, inferenceLog, owner }: JournalPlace,
  { delayMillis, tellError }: { delayMillis: number; tellError: (error: unknown) => void },
) {
  const rpcUrl = endpointsOf(options.rpc).join(',')
  const url = relayOf(options)
  return {
    chainId,
    inferenceLog,
    owner,
    sessionKey: process.env.ASSAY_SESSION_KEY,
    rpcUrl,
    scheduledDelayMillis: delayMillis,
    onError: tellError,
    ...(url === undefined ? {} : { submit: relay(url, { rpcUrl }) }),
  }
}

function portFrom(value: string): number {
  if (/^[0-9]{1,5}$/.test(value) && Number(value) < 65_536) return Number(value)
  throw new UsageError('`--port` must be a whole number from 0 to 65535.')
}

import { RpcUnreachableError } from '@assay/sdk/errors'
import { setTimeout as sleep } from 'node:timers/promises'
import type { GlobalOptions } from '../commands/global-options.ts'
import { UsageError } from '../errors.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { wordFrom } from '../input/words.ts'
import { existingJournalDirectory } from '../journals/journal-directory.ts'
import { plain, plainJsonLine } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { ownerNamed } from '../owner/account.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { chainHappenings } from './chain-happenings.ts'
import { type Happening, lineOf } from './happening.ts'
import { journalHappenings, type SeenJournals } from './journal-happenings.ts'
import type { WatchOptions } from './options.ts'

/** How often chain and journals are looked at, unless said otherwise, in seconds. */
const defaultInterval = '2'

/**
 * Shows settlements as they happen, on the chain and in the journals on this disk, until it is ended, or has seen as many
 * settlements as were asked for. An endpoint that fails is asked again.
 *
 * @throws UsageError, JournalError; ChainMismatchError, RpcUnreachableError at the start
 */
export async function watch(
  options: WatchOptions & GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  await loadEnvFile(options.settings)
  const owner = ownerNamed(options)
  const follows = new Set<string>((options.log ?? []).map((id) => wordFrom(id, '`--log`')))
  const interval = timeoutMillisOf(options.interval ?? defaultInterval, '`--interval`')
  let left = options.count === undefined ? Infinity : Number(wholeFrom(options.count, '`--count`'))
  const directory = existingJournalDirectory(options.journal)
  const place = await openChain(options, timeoutMillisOf(options.timeout))
  let next =
    options.from === undefined
      ? (await place.client.getBlockNumber()) + 1n
      : wholeFrom(options.from, '`--from`')
  const seen: SeenJournals = new Map()

  async function tell(happening: Happening): Promise<void> {
    const line = options.json ? plainJsonLine(withDigits(happening)) : plain(lineOf(happening))
    await terminal.write(`${line}\n`)
    if (happening.event === 'settled') left--
  }

  async function look(): Promise<void> {
    if (directory !== undefined) {
      for await (const happening of journalHappenings(directory, seen)) {
        follows.add(happening.logId)
        await tell(happening)
      }
    }
    const to = await place.client.getBlockNumber()
    if (to < next) return
    for await (const happening of chainHappenings(place, owner, follows, { from: next, to })) {
      if (left <= 0) return
      await tell(happening)
    }
    next = to + 1n
  }

  while (left > 0) {
    try {
      await look()
    } catch (error) {
      if (!isOutOfReach(error)) throw error
      await terminal.note('The endpoint gives no usable answer; it is asked again.')
    }
    if (left > 0) await sleep(interval)
  }
}

/** Also what viem itself throws where a block's number is asked for. */
const isOutOfReach = (error: unknown) =>
  error instanceof RpcUnreachableError ||
  (error instanceof Error && /^(HttpRequest|Timeout|RpcRequest|UnknownRpc)Error$/.test(error.name))

function wholeFrom(value: string, where: string): bigint {
  if (/^[0-9]{1,15}$/.test(value)) return BigInt(value)
  throw new UsageError(`${where} must be a whole number.`)
}

/** Integers of the chain as digits, as in receipts. */
function withDigits(happening: Happening): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(happening).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? String(value) : value,
    ]),
  )
}

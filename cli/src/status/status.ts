import { formatEther } from 'viem'
import type { GlobalOptions } from '../commands/global-options.ts'
import { timeoutMillisOf } from '../input/limits.ts'
import { existingJournalDirectory } from '../journals/journal-directory.ts'
import { plain, plainJson } from '../output/plain.ts'
import { table } from '../output/table.ts'
import { timeOf } from '../output/time.ts'
import type { Terminal } from '../output/terminal.ts'
import { openChain } from '../settings/chain.ts'
import { loadEnvFile } from '../settings/env-file.ts'
import { chainNow } from '../settings/now.ts'
import { journalStatuses, type JournalStatus, type UnreadJournal } from './journal-status.ts'
import { keyStatus, keyText } from './key-status.ts'
import type { StatusOptions } from './options.ts'

/** Shows how far the journals on this disk have come, and how the session key stands. @throws UsageError, JournalError */
export async function showStatus(
  options: StatusOptions & GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  await loadEnvFile(options.settings)
  const timeoutMillis = timeoutMillisOf(options.timeout)
  const place = options.offline ? undefined : await openChain(options, timeoutMillis)
  const key = place && (await keyStatus(place))
  const now = place && (await chainNow(place))
  const directory = existingJournalDirectory(options.journal)
  const journals: JournalStatus[] = []
  const unread: UnreadJournal[] = []
  if (directory !== undefined) {
    for await (const found of journalStatuses(directory, place)) {
      if ('problem' in found) unread.push(found)
      else journals.push(found)
    }
  }
  if (options.json) {
    const said = { key, journals: journals.map(jsonOf), unread }
    await terminal.write(`${plainJson(JSON.parse(JSON.stringify(said, digits)))}\n`)
    return
  }
  const { colors } = terminal
  const sections: string[] = []
  if (key && now !== undefined) {
    sections.push(colors.bold('Session key'))
    sections.push(
      table(
        [
          ['owner', key.owner],
          ['session key', key.sessionKey],
          ['state', keyText(key.state, now)],
        ],
        terminal,
      ),
    )
  }
  if (journals.length + unread.length === 0) sections.push('No journal: nothing is recorded here.')
  for (const journal of journals) {
    sections.push(colors.bold(`Journal ${plain(journal.folder)}`))
    sections.push(table(rowsOf(journal), terminal))
  }
  for (const { problem } of unread) sections.push(colors.red(plain(problem)))
  await terminal.write(`${sections.join('\n')}\n`)
}

function rowsOf(journal: JournalStatus): [string, string][] {
  const { recorded, settled, finalized, pending, holder, head, spent, lastError } = journal
  const rows: [string, string][] = [
    ['inference log', journal.logId],
    ['session key', journal.sessionKey],
    ['recorded', String(recorded)],
    ['settled', String(settled)],
    ['finalized', String(finalized)],
    ['pending', String(pending)],
    ['held by', holderText(holder)],
  ]
  if (head !== undefined && head !== settled) rows.push(['on chain', headText(head, journal)])
  if (lastError) {
    const since = timeOf(BigInt(Math.floor(lastError.since.getTime() / 1_000)))
    rows.push(['last error', `${plain(lastError.error)} (since ${since})`])
  }
  if (spent) {
    const unknown = spent.unknown ? `; ${spent.unknown} more are not known to the endpoint` : ''
    const cost = `${formatEther(spent.cost)} ether, ${spent.gas} gas in ${spent.transactions} transactions`
    rows.push(['cost so far', cost + unknown])
  }
  return rows
}

function headText(head: bigint, { settled, recorded }: JournalStatus): string {
  if (head > recorded)
    return `${head}, more than was recorded here: somebody else settles with this key and journal`
  return head > settled
    ? `${head}: the journal does not know it yet`
    : `${head}, less than the journal says: the chain was reorganized, or is another one`
}

export function holderText(holder: JournalStatus['holder']): string {
  if (!holder) return 'nobody'
  if (holder.isAlive === undefined) return `process ${holder.pid} of another machine or container`
  return holder.isAlive ? `process ${holder.pid}` : `process ${holder.pid}, which has ended`
}

function jsonOf(journal: JournalStatus) {
  const { holder, lastError, ...rest } = journal
  return { ...rest, lastError: lastError ?? null, holder: holder ?? null }
}

/** Integers of the chain as digits, as in receipts. */
const digits = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value)

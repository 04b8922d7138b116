import { getHead, logIdOf } from '@assay/sdk'
import { JournalError } from '@assay/sdk/errors'
import {
  type JournalHolder,
  readHolder,
  readJournals,
  type ReadableJournal,
} from '@assay/sdk/inspect'
import type { Hex } from 'viem'
import type { OpenChain } from '../settings/chain.ts'
import { settledTransactions } from './settled-transactions.ts'
import { spentBy, type Spent } from './spent.ts'

/** How far a journal has come. Numbers of inferences. */
export type JournalStatus = {
  folder: string
  chainId: number
  logId: Hex
  owner: Hex
  sessionKey: Hex
  recorded: bigint
  settled: bigint
  finalized: bigint
  pending: bigint
  /** What settling failed by last; undefined where something was settled since, or nothing failed. */
  lastError: { since: Date; error: string } | undefined
  /** Who holds it; undefined if nobody does. */
  holder: JournalHolder | undefined
  /** Where the chain says that the inference log ends; undefined if it was not asked, or is another chain. */
  head: bigint | undefined
  /** What its settlements cost; undefined if the chain was not asked. */
  spent: Spent | undefined
}

/** A journal that can't be read, and why. */
export type UnreadJournal = { problem: string }

/** Looks at the journals of a directory. Recorders that run on them are not disturbed. @throws JournalError */
export async function* journalStatuses(
  directory: string,
  place: OpenChain | undefined,
): AsyncGenerator<JournalStatus | UnreadJournal> {
  for await (const found of readJournals(directory)) {
    yield found instanceof JournalError
      ? { problem: found.message.split('\n\n').join(' ') }
      : await statusOf(found, place)
  }
}

async function statusOf(
  { folder, place: where, journal }: ReadableJournal,
  chain: OpenChain | undefined,
): Promise<JournalStatus> {
  const { next, settled, finalized, failed } = journal.state
  const logId = logIdOf({ ...where, instance: journal.instance })
  const { chainId, inferenceLog, owner, sessionKey } = where
  const asked = chain?.chainId === chainId ? chain : undefined
  return {
    folder,
    chainId,
    logId,
    owner,
    sessionKey,
    recorded: next,
    settled,
    finalized,
    pending: next - settled,
    lastError: failed ? { since: new Date(failed.since), error: failed.error } : undefined,
    holder: readHolder(folder),
    head: asked && (await getHead(asked.client, { logId, inferenceLog })),
    spent: asked && (await spentBy(asked, await settledTransactions(journal))),
  }
}

import { and, eq, inArray, or } from 'ponder'
import { db } from 'ponder:api'
import { environment, inferenceLog, model, sessionKey, settlement, verdict } from 'ponder:schema'
import {
  type ChainFacts,
  defaultPolicy,
  type SettledInference,
  type StandingVerdict,
  type Unread,
} from '@assay/sdk/verify'
import { type Address, type Hex, zeroAddress, zeroHash } from 'viem'
import type { ServedChain } from './chains.ts'
import type { Progress } from './progress.ts'
import { environmentOf, modelOf, sessionKeyOf, settlementOf, verdictOf } from './rows-as-state.ts'

/** A row of an inference. */
export type InferenceRow = {
  chainId: bigint
  inferenceId: Hex
  logId: Hex
  sequence: bigint
  modelId: Hex
  environmentId: Hex
  commitment: Hex
  servedAt: bigint
  settledAt: bigint
  root: Hex
  owner: Hex | null
  impossibleTime: boolean
  position: bigint
}

/** Whose verdicts the policy believes; all others can be asked for, and change no state. */
const auditors = (defaultPolicy.auditors ?? []).map(
  ({ account }) => account.toLowerCase() as Address,
)

const notAsked: Unread = { unread: 'Not asked here.', raise: 'Ask for the inference by its id.' }

const unreadHere: Unread = {
  unread:
    'The inference log was opened, or its key authorized, before the block at which this indexer starts.',
  raise: 'Start the indexer at the deployment of the contracts.',
}

/**
 * Gathers what the tables say about inferences, in a handful of queries whatever their number, as the SDK's rules take it. What their
 * inference logs hold as a whole is left out, since no status depends on it.
 *
 * @param rows - Of any logs and batches.
 */
export async function gatherFacts(
  rows: readonly InferenceRow[],
  progress: ReadonlyMap<number, Progress>,
  chains: ReadonlyMap<number, ServedChain>,
): Promise<SettledInference[]> {
  const batches = distinct(rows.map(({ logId, root }) => `${logId}${root.slice(2)}`))
  const some = (ids: readonly Hex[]) => distinct(ids.filter((id) => id !== zeroHash))
  const subjects = some(rows.flatMap((row) => [row.modelId, row.environmentId, row.inferenceId]))
  const logIds = distinct(rows.map(({ logId }) => logId))
  const [settlements, logs, models, environments, verdicts] = await Promise.all([
    db
      .select()
      .from(settlement)
      .where(
        or(
          ...batches.map((it) =>
            and(
              eq(settlement.logId, it.slice(0, 66) as Hex),
              eq(settlement.root, `0x${it.slice(66)}`),
            ),
          ),
        ),
      ),
    db.select().from(inferenceLog).where(inArray(inferenceLog.logId, logIds)),
    db
      .select()
      .from(model)
      .where(inArray(model.modelId, some(rows.map((it) => it.modelId)))),
    db
      .select()
      .from(environment)
      .where(inArray(environment.environmentId, some(rows.map((it) => it.environmentId)))),
    auditors.length === 0
      ? []
      : db
          .select()
          .from(verdict)
          .where(and(inArray(verdict.subject, subjects), inArray(verdict.author, auditors))),
  ])
  const keys = await db
    .select()
    .from(sessionKey)
    .where(inArray(sessionKey.address, distinct(logs.flatMap((log) => log.sessionKey ?? []))))
  const settlementBy = byKey(settlements, (it) => `${it.logId} ${it.root}`)
  const logBy = byKey(logs, (it) => it.logId)
  const keyBy = byKey(keys, (it) => `${it.chainId} ${it.owner} ${it.address}`)
  const modelBy = byKey(models, (it) => `${it.chainId} ${it.modelId}`)
  const environmentBy = byKey(environments, (it) => it.environmentId)
  const standing = lastStanding(verdicts)

  function factsOf(row: InferenceRow): ChainFacts | Unread {
    const settled = settlementBy.get(`${row.logId} ${row.root}`)
    const log = logBy.get(row.logId)
    const key = log && keyBy.get(`${row.chainId} ${log.owner} ${log.sessionKey}`)
    const at = progress.get(Number(row.chainId))
    const known = at && settled && log?.owner && (!settled.signedByKey || key?.authorizedAt != null)
    if (!known) return unreadHere
    const ofModel = modelBy.get(`${row.chainId} ${row.modelId}`)
    const ofEnvironment = environmentBy.get(row.environmentId)
    return {
      block: { number: at.block, timestamp: at.timestamp },
      endpoints: ['this indexer'],
      settlement: settlementOf(settled),
      sessionKey: key && sessionKeyOf(key),
      model: ofModel && modelOf(ofModel),
      environment: ofEnvironment && environmentOf(ofEnvironment),
      settledEvent: { dataDigest: settled.dataDigest },
      log: notAsked,
      verdicts: standing.get(row.chainId) ?? [],
    }
  }

  return rows.map((row) => {
    const settled = settlementBy.get(`${row.logId} ${row.root}`)
    const log = logBy.get(row.logId)
    const { inferenceId, logId, modelId, environmentId, commitment, sequence, servedAt } = row
    return {
      inferenceId,
      inference: { logId, modelId, environmentId, commitment, sequence, servedAt },
      place: {
        chainId: Number(row.chainId),
        inferenceLog: chains.get(Number(row.chainId))?.inferenceLog ?? zeroAddress,
        owner: log?.owner ?? zeroAddress,
        sessionKey: log?.sessionKey ?? zeroAddress,
        instance: log?.instance ?? zeroHash,
      },
      batch: {
        logId,
        root: row.root,
        first: settled?.first ?? 0n,
        count: Number(settled?.count ?? 0n),
        mode: settled?.mode ?? 'inline',
        dataDigest: settled?.dataDigest ?? zeroHash,
      },
      facts: factsOf(row),
    }
  })
}

type VerdictRow = typeof verdict.$inferSelect

/** Verdicts that stand, by chains; of an author's on one subject with one tag the last, as `verifyReceipt` reads them. */
function lastStanding(rows: readonly VerdictRow[]): Map<bigint, StandingVerdict[]> {
  const last = new Map<string, VerdictRow>()
  const ordered = rows
    .filter(({ withdrawnAt }) => withdrawnAt === null)
    .toSorted((a, b) => (a.postedPosition < b.postedPosition ? -1 : 1))
  for (const row of ordered) {
    last.set(`${row.chainId} ${row.author} ${row.subject} ${row.subjectKind} ${row.tag}`, row)
  }
  const standing = new Map<bigint, StandingVerdict[]>()
  for (const row of last.values()) {
    const verdict = verdictOf(row)
    if (!verdict) continue
    const known = standing.get(row.chainId)
    if (known) known.push(verdict)
    else standing.set(row.chainId, [verdict])
  }
  return standing
}

const distinct = <T>(items: readonly T[]): T[] => [...new Set(items)]

function byKey<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T> {
  return new Map(items.map((item) => [keyOf(item), item]))
}

import { judgeSettledInference, type SettledInferenceState } from '@assay/sdk/verify'
import { eq } from 'ponder'
import { db } from 'ponder:api'
import { inference, inferenceLog, settlement, skip } from 'ponder:schema'
import type { Hex } from 'viem'
import { RequestError } from './answers.ts'
import type { ChainHead } from './chain-head.ts'
import { gatherFacts, type InferenceRow, type Place } from './facts.ts'
import { readProgress } from './progress.ts'

/** More skips of one inference log are not read: the chain's readers stop there too. */
const maxSkips = 10_000

/** An inference as it is recorded, and what follows from all that is public at the last block indexed. */
export type InferenceState = {
  inference: InferenceRow
  /** `finalized`: in a block that no reorganization can take back, by the endpoint. */
  stage: 'settled' | 'finalized'
  /** Last block indexed, of which all is said. */
  block: bigint
  state: SettledInferenceState
}

/**
 * The state of an inference under the SDK's default policy. Nothing of it is stored, so that a report of compromise, a revocation or a
 * verdict counts at once and rewrites nothing.
 *
 * @throws RequestError if there is no such inference.
 */
export async function stateOf(
  inferenceId: Hex,
  place: Place,
  readHead: () => Promise<ChainHead>,
): Promise<InferenceState> {
  const [row] = await db.select().from(inference).where(eq(inference.inferenceId, inferenceId))
  const progress = row && (await readProgress())
  if (!row || !progress) throw new RequestError(404, 'no such inference is indexed')
  const [[settled], [batch], log, { finalized }] = await Promise.all([
    gatherFacts([row], progress, place),
    db
      .select()
      .from(settlement)
      .where(eq(settlement.position, (row.position >> 32n) << 32n)),
    readLog(row.logId),
    readHead(),
  ])
  const { facts } = settled!
  const isFinal = finalized !== undefined && batch !== undefined && batch.blockNumber <= finalized
  return {
    inference: row,
    stage: isFinal ? 'finalized' : 'settled',
    block: progress.block,
    state: judgeSettledInference({
      ...settled!,
      facts: 'unread' in facts ? facts : { ...facts, log },
    }),
  }
}

async function readLog(logId: Hex) {
  const [[log], skips] = await Promise.all([
    db.select().from(inferenceLog).where(eq(inferenceLog.logId, logId)),
    db
      .select({ first: skip.first, count: skip.count })
      .from(skip)
      .where(eq(skip.logId, logId))
      .orderBy(skip.first)
      .limit(maxSkips + 1),
  ])
  return skips.length > maxSkips
    ? { unread: `Its owner skipped more than ${maxSkips} times.`, raise: 'Read the log by pages.' }
    : { head: log?.head ?? 0n, skips }
}

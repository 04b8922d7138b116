import { judgeSettledInference, type SettledInferenceState } from '@assay/sdk/verify'
import { eq } from 'ponder'
import { db } from 'ponder:api'
import { inference, inferenceLog, settlement, skip } from 'ponder:schema'
import type { Hex } from 'viem'
import { RequestError } from './answers.ts'
import { settlementPositionOf } from '../../position.ts'
import type { ServedChain } from './chains.ts'
import { gatherFacts, type InferenceRow } from './facts.ts'
import { readProgress } from './progress.ts'

/** More skips of one inference log are not read: the chain's readers stop there too. */
const maxSkips = 10_000

/** An inference as it is recorded, and what follows from all that is public at the last block indexed. */
export type InferenceState = {
  inference: InferenceRow
  /** `finalized`: in a block that no reorganization can take back, by the endpoint. */
  stage: 'settled' | 'finalized'
  /** Last block of its chain that is indexed, of which all is said. */
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
  chains: ReadonlyMap<number, ServedChain>,
): Promise<InferenceState> {
  const [row] = await db.select().from(inference).where(eq(inference.inferenceId, inferenceId))
  const progress = row && (await readProgress())
  const chain = row && chains.get(Number(row.chainId))
  const block = row && progress?.get(Number(row.chainId))?.block
  if (!row || !progress || !chain || block === undefined)
    throw new RequestError(404, 'no such inference is indexed')
  const [[settled], [batch], log, { finalized }] = await Promise.all([
    gatherFacts([row], progress, chains),
    db
      .select()
      .from(settlement)
      .where(eq(settlement.position, settlementPositionOf(row.position))),
    readLog(row.logId),
    chain.readHead(),
  ])
  const { facts } = settled!
  const isFinal = finalized !== undefined && batch !== undefined && batch.blockNumber <= finalized
  return {
    inference: row,
    stage: isFinal ? 'finalized' : 'settled',
    block,
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

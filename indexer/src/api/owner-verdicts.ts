import { and, gte, lt, sql } from 'ponder'
import { db } from 'ponder:api'
import { environment, inference, model, verdict } from 'ponder:schema'
import type { Hex } from 'viem'

/**
 * So many verdicts are looked at for one page at most: anyone may post any number on anything, and whom one concerns is found by the key of
 * what it speaks of.
 */
const maxLooked = 2_000
/** A tag is any text of who posts it; no page is filled by one. */
const maxTag = 200

/**
 * Verdicts on an owner's inferences, on models that it published and on environments that it registered, in the order of their last change.
 *
 * @param from - Position from which on.
 * @param end - Position before which.
 * @returns The first `limit`, and the position from which on nothing was looked at; undefined: all was.
 */
export async function verdictsOf(owner: Hex, from: bigint, end: bigint, limit: number) {
  const range = and(gte(verdict.changedPosition, from), lt(verdict.changedPosition, end))
  const [unseen] = await db
    .select({ position: verdict.changedPosition })
    .from(verdict)
    .where(range)
    .orderBy(verdict.changedPosition)
    .offset(maxLooked)
    .limit(1)
  // A query of a single value is never turned into a join, which could read a whole table.
  const concerned = sql`case ${verdict.subjectKind}
    when 'inference' then (select ${inference.owner} from ${inference} where ${inference.inferenceId} = ${verdict.inferenceId})
    when 'model' then (select ${model.publisher} from ${model} where ${model.modelId} = ${verdict.modelId} and ${model.chainId} = ${verdict.chainId})
    when 'environment' then (select ${environment.registrant} from ${environment} where ${environment.environmentId} = ${verdict.environmentId})
    end`
  const rows = await db
    .select({
      verdictId: verdict.verdictId,
      author: verdict.author,
      subjectKind: verdict.subjectKind,
      subject: verdict.subject,
      score: verdict.score,
      tag: sql<string>`left(${verdict.tag}, ${maxTag})`,
      evidenceDigest: verdict.evidenceDigest,
      postedAt: verdict.postedAt,
      withdrawnAt: verdict.withdrawnAt,
      position: verdict.changedPosition,
    })
    .from(verdict)
    .where(
      and(
        range,
        unseen && lt(verdict.changedPosition, unseen.position),
        sql`${concerned} = ${owner}`,
      ),
    )
    .orderBy(verdict.changedPosition)
    .limit(limit)
  return { rows, unseen: unseen?.position }
}

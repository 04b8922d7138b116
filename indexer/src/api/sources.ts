import { and, eq, gt, gte, inArray, isNotNull, isNull, lt, or, sql } from 'ponder'
import { db } from 'ponder:api'
import { environment, inference, model, sessionKey, settlement } from 'ponder:schema'
import { clockTolerance } from '@assay/sdk/formats'
import type { Hex } from 'viem'
import type { AskedInferences } from './asked.ts'
import { endPositionOf, firstPositionOf, settlementPositionOf } from '../../position.ts'
import type { InferenceRow } from './facts.ts'
import type { Progress } from './progress.ts'

/** Inferences in the order of their positions: the first `limit` behind `after`. */
export type Source = (after: bigint, limit: number) => Promise<InferenceRow[]>

type Condition = ReturnType<typeof and>

/** With more models or environments than this, the database is left to find its own way. */
const maxSources = 64
/** More models of one publisher, or environments of one measurement, are not looked at. */
const maxIds = 10_000

/**
 * Where to look for inferences that fit. Each source goes along an index that has the order of positions, so that a page costs what it
 * holds, wherever in a million it lies. What depends on times or on how far a chain is indexed is looked for chain by chain.
 */
export async function sourcesOf(
  asked: AskedInferences,
  progress: ReadonlyMap<number, Progress>,
): Promise<Source[]> {
  const ids = await Promise.all([modelsOf(asked), environmentsOf(asked)])
  const sources = await Promise.all(
    [...progress]
      .filter(([chainId]) => asked.chainId === undefined || asked.chainId === chainId)
      .map(async ([chainId, { timestamp }]) =>
        sourcesIn(asked, ids, await boundsOf(asked, chainId), { chainId, timestamp }),
      ),
  )
  return sources.flat()
}

type Ids = [models: Hex[] | undefined, environments: Hex[] | undefined]
type Bounds = { from: bigint; before: bigint }
type At = { chainId: number; timestamp: bigint }

/** Of one chain. */
function sourcesIn(
  asked: AskedInferences,
  [models, environments]: Ids,
  bounds: Bounds,
  at: At,
): Source[] {
  const { from, before } = bounds
  const alike = and(
    conditionsOf(asked),
    gte(inference.position, from),
    lt(inference.position, before),
  )
  const ofModels = models && inArray(inference.modelId, models)
  const ofEnvironments = environments && inArray(inference.environmentId, environments)
  const { status } = asked
  const via = (of: Condition) =>
    viaSettlements(
      and(
        of,
        gte(settlement.position, settlementPositionOf(from)),
        lt(settlement.position, before),
      ),
    )
  const keyed = asked.sessionKey && via(eq(settlement.sessionKey, asked.sessionKey))
  if (status === 'refuted' || status === 'unknown') {
    const all = and(alike, ofModels, ofEnvironments)
    if (keyed) return [keyed(all)]
    return [
      via(isNull(settlement.owner))(all),
      via(inArray(settlement.position, tainted()))(all),
      // As the index has it: of a value that is handed over apart, the database can't tell that it is the same.
      along(and(all, sql`${inference.impossibleTime}`)),
      ofEndedEnvironments(all, at),
    ]
  }
  if (keyed) return [keyed(and(alike, ofModels, ofEnvironments))]
  if ((models?.length ?? 1) * (environments?.length ?? 1) > maxSources) {
    return [along(and(alike, ofModels, ofEnvironments))]
  }
  return (models ?? [undefined]).flatMap((modelId) =>
    (environments ?? [undefined]).map((environmentId) =>
      along(
        and(
          alike,
          modelId && eq(inference.modelId, modelId),
          environmentId && eq(inference.environmentId, environmentId),
        ),
      ),
    ),
  )
}

/** The first rows of several sources, each once, in order. */
export function merged(sources: readonly Source[]): Source {
  return async (after, limit) => {
    const found = await Promise.all(sources.map((source) => source(after, limit)))
    const rows = new Map(found.flat().map((row) => [row.position, row]))
    return [...rows.values()].sort((a, b) => (a.position < b.position ? -1 : 1)).slice(0, limit)
  }
}

async function modelsOf({ modelId, publisher, manifestDigest }: AskedInferences) {
  if (!publisher && !manifestDigest) return modelId ? [modelId] : undefined
  const rows = await db
    .select({ id: model.modelId })
    .from(model)
    .where(
      and(
        publisher && eq(model.publisher, publisher),
        manifestDigest && eq(model.manifestDigest, manifestDigest),
        modelId && eq(model.modelId, modelId),
      ),
    )
    .limit(maxIds)
  // Published on several chains, a model is one.
  return [...new Set(rows.map(({ id }) => id))]
}

async function environmentsOf({ environmentId, measurement }: AskedInferences) {
  if (!measurement) return environmentId ? [environmentId] : undefined
  const rows = await db
    .select({ id: environment.environmentId })
    .from(environment)
    .where(
      and(
        eq(environment.measurement, measurement),
        environmentId && eq(environment.environmentId, environmentId),
      ),
    )
    .limit(maxIds)
  return rows.map(({ id }) => id)
}

function conditionsOf(asked: AskedInferences): Condition {
  const { owner, logId, root, servedFrom, servedBefore } = asked
  return and(
    owner && eq(inference.owner, owner),
    logId && eq(inference.logId, logId),
    root && eq(inference.root, root),
    servedFrom !== undefined ? gte(inference.servedAt, servedFrom) : undefined,
    servedBefore !== undefined ? lt(inference.servedAt, servedBefore) : undefined,
  )
}

async function boundsOf(
  { settledFrom, settledBefore }: AskedInferences,
  chainId: number,
): Promise<Bounds> {
  const [from, before] = await Promise.all([
    settledFrom === undefined ? firstPositionOf(chainId) : positionAt(chainId, settledFrom),
    settledBefore === undefined ? endPositionOf(chainId) : positionAt(chainId, settledBefore),
  ])
  return { from, before }
}

/** The first position of what was settled at a time or later: blocks come in the order of their times. */
async function positionAt(chainId: number, time: bigint): Promise<bigint> {
  const [row] = await db
    .select({ position: settlement.position })
    .from(settlement)
    .where(and(eq(settlement.chainId, BigInt(chainId)), gte(settlement.settledAt, time)))
    .orderBy(settlement.settledAt, settlement.position)
    .limit(1)
  return row?.position ?? endPositionOf(chainId)
}

/** Along the positions, by whichever index the conditions have. */
function along(conditions: Condition): Source {
  return (after, limit) =>
    db
      .select()
      .from(inference)
      .where(and(gt(inference.position, after), conditions))
      .orderBy(inference.position)
      .limit(limit)
}

/** Batch by batch: an inference's position is that of its settlement and its place in the batch. */
function viaSettlements(of: Condition) {
  return (conditions: Condition): Source =>
    async (after, limit) => {
      const rows: InferenceRow[] = []
      // That of the settlement in which `after` is: the places in a batch are the last 32 bits.
      let from = settlementPositionOf(after)
      for (;;) {
        const batches = await db
          .select({ position: settlement.position, count: settlement.count })
          .from(settlement)
          .where(and(of, gte(settlement.position, from)))
          .orderBy(settlement.position)
          .limit(limit)
        let room = BigInt(limit - rows.length)
        const some = batches.filter(({ count }) => {
          const fits = room > 0n
          room -= count
          return fits
        })
        const ranges = some.map(({ position, count }) =>
          and(gte(inference.position, position), lt(inference.position, position + count)),
        )
        const last = some.at(-1)
        if (!last) return rows
        rows.push(...(await along(and(or(...ranges), conditions))(after, limit - rows.length)))
        if (rows.length >= limit || (some.length === batches.length && batches.length < limit)) {
          return rows
        }
        from = last.position + (1n << 32n)
      }
    }
}

/** Settlements by keys that can't be taken as in force: all that a key's standing can refute or leave open is among them. */
function tainted() {
  return db
    .select({ position: settlement.position })
    .from(sessionKey)
    .innerJoin(
      settlement,
      and(
        eq(settlement.owner, sessionKey.owner),
        eq(settlement.sessionKey, sessionKey.address),
        eq(settlement.chainId, sessionKey.chainId),
      ),
    )
    .where(
      or(
        isNotNull(sessionKey.revokedAt),
        isNotNull(sessionKey.compromisedSince),
        isNull(sessionKey.authorizedAt),
      ),
    )
}

/**
 * All that the end of an environment can refute is among what was settled from that second on, or shortly before by a clock that ran
 * ahead. Along each environment's own index: by itself the database would read all inferences in the order of their positions.
 */
function ofEndedEnvironments(conditions: Condition, { chainId, timestamp }: At): Source {
  return async (after, limit) => {
    const candidates = db
      .select({ position: inference.position })
      .from(inference)
      .where(
        and(
          eq(inference.environmentId, environment.environmentId),
          gt(inference.position, after),
          sql`${inference.position} >= (
            select ${settlement.position} from ${settlement}
            where ${settlement.chainId} = ${environment.chainId}
              and ${settlement.settledAt} >= ${environment.endsAt} - ${clockTolerance}
            order by ${settlement.settledAt}, ${settlement.position} limit 1)`,
          conditions,
        ),
      )
      .orderBy(inference.position)
      .limit(limit)
    const found: unknown = await db.execute(
      sql`select found.position from ${environment} cross join lateral (${candidates}) found
          where ${environment.chainId} = ${chainId} and ${environment.endsAt} < ${timestamp + clockTolerance}
          order by found.position limit ${limit}`,
    )
    const positions = (found as { rows: { position: string }[] }).rows
    return db
      .select()
      .from(inference)
      .where(
        inArray(
          inference.position,
          positions.map(({ position }) => BigInt(position)),
        ),
      )
      .orderBy(inference.position)
  }
}

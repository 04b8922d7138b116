import type { Context } from 'ponder:registry'
import { chain as chainTable, cohort, day, owner as ownerTable, week } from 'ponder:schema'
import type { Hex } from 'viem'
import { dayOf, weekOf } from '../../calendar.ts'
import { type OnChain, type PlacedEvent, rowPlaceOf } from './place.ts'

/*
 * Figures that are counted on as the events come, so that asking for them costs the same however much was recorded, and a reorganization
 * takes back what it counted.
 */

type Handler = { db: Context['db'] } & OnChain
type Chain = typeof chainTable.$inferSelect
type Day = typeof day.$inferSelect

const emptyChain = {
  ...{ inferences: 0n, available: 0n, unavailable: 0n, invalid: 0n },
  ...{ settlements: 0n, owners: 0n, confirmations: 0n },
}

const emptyDay = {
  ...{ settlements: 0n, inferences: 0n, signedByKey: 0n, confirmations: 0n },
  ...{ activeOwners: 0n, newOwners: 0n },
  ...{ available: 0n, namesModel: 0n, namesEnvironment: 0n, byEnvironmentKey: 0n },
  ...{ within1s: 0n, within10s: 0n, within1m: 0n, within10m: 0n },
  ...{ within1h: 0n, within1d: 0n, later: 0n },
}

/** What is counted of inferences whose batch data is read. */
export type LoadedFigures = Pick<
  Day,
  | 'available'
  | 'namesModel'
  | 'namesEnvironment'
  | 'byEnvironmentKey'
  | 'within1s'
  | 'within10s'
  | 'within1m'
  | 'within10m'
  | 'within1h'
  | 'within1d'
  | 'later'
>

/** Counts what an owner had to confirm itself; null: nobody knows whose log it is. */
export async function countConfirmation(
  handler: Handler,
  event: PlacedEvent,
  owner: Hex | null,
): Promise<void> {
  await addToChain(handler, event, { confirmations: 1n })
  await addToDay(handler, event, { confirmations: 1n })
  if (owner === null) return
  await handler.db
    .update(ownerTable, { address: owner, chainId: BigInt(handler.chain.id) })
    .set(({ confirmationCount }) => ({ confirmationCount: confirmationCount + 1n }))
}

/** Counts a settlement, whose inferences may not be here yet. */
export async function countSettlement(
  handler: Handler,
  event: PlacedEvent,
  settled: { owner: Hex | null; count: bigint; signedByKey: boolean },
): Promise<void> {
  const { owner, count, signedByKey } = settled
  const news = owner === null ? none : await countForOwner(handler, event, owner, count)
  await addToChain(handler, event, {
    ...{ inferences: count, settlements: 1n, owners: news.newOwners },
  })
  await addToDay(handler, event, {
    ...{ inferences: count, settlements: 1n, signedByKey: signedByKey ? count : 0n },
    ...news,
  })
  if (!signedByKey) await countConfirmation(handler, event, owner)
}

const none = { activeOwners: 0n, newOwners: 0n }

/** @returns Whether the owner is one more that is active on this day. */
async function countForOwner(
  handler: Handler,
  event: PlacedEvent,
  address: Hex,
  count: bigint,
): Promise<typeof none> {
  const { db, chain } = handler
  const key = { address, chainId: BigInt(chain.id) }
  const now = event.block.timestamp
  const known = await db.find(ownerTable, key)
  if (!known) return none
  const { firstSettledAt, lastSettledAt } = known
  await db.update(ownerTable, key).set({
    inferenceCount: known.inferenceCount + count,
    settlementCount: known.settlementCount + 1n,
    firstSettledAt: firstSettledAt ?? now,
    lastSettledAt: now,
  })
  const newOwners = firstSettledAt === null ? 1n : 0n
  if (lastSettledAt === null || weekOf(lastSettledAt) !== weekOf(now)) {
    await countForWeek(handler, event, weekOf(firstSettledAt ?? now), newOwners)
  }
  const isNewToday = lastSettledAt === null || dayOf(lastSettledAt) !== dayOf(now)
  return { activeOwners: isNewToday ? 1n : 0n, newOwners }
}

async function countForWeek(
  handler: Handler,
  event: PlacedEvent,
  firstWeek: bigint,
  newOwners: bigint,
): Promise<void> {
  const { db } = handler
  const start = weekOf(event.block.timestamp)
  const place = rowPlaceOf(event, handler)
  await db
    .insert(week)
    .values({ start, activeOwners: 1n, newOwners, ...place })
    .onConflictDoUpdate((known) => ({
      activeOwners: known.activeOwners + 1n,
      newOwners: known.newOwners + newOwners,
    }))
  await db
    .insert(cohort)
    .values({ firstWeek, start, activeOwners: 1n, ...place })
    .onConflictDoUpdate(({ activeOwners }) => ({ activeOwners: activeOwners + 1n }))
}

/** Counts inferences that are rows now; the day is that of their settlement. */
export async function countLoaded(
  db: Context['db'],
  { chainId, settledAt }: { chainId: bigint; settledAt: bigint },
  figures: LoadedFigures,
): Promise<void> {
  const { available } = figures
  await db.update(chainTable, { chainId }).set((known) => sum(known, { available }))
  await db
    .update(day, { chainId, start: dayOf(settledAt) })
    .set((known) => sum(known, { ...figures }))
}

/** What is counted of batches that can't be read; what is pending is what is left. */
const unread = ['unavailable', 'invalid'] as const

/**
 * Counts the inferences of a batch that are no rows where they belong now.
 *
 * @param batch - As it was known until now.
 */
export async function countDataState(
  db: Context['db'],
  batch: { chainId: bigint; count: bigint; loaded: bigint; dataState: string },
  dataState: string,
): Promise<void> {
  const { chainId, count, loaded } = batch
  if (dataState === batch.dataState) return
  const rest = count - loaded
  const change: Partial<Record<(typeof unread)[number], bigint>> = {}
  for (const name of unread) {
    if (batch.dataState === name) change[name] = -rest
    if (dataState === name) change[name] = rest
  }
  if (Object.keys(change).length === 0) return
  await db.update(chainTable, { chainId }).set((known) => sum(known, change))
}

async function addToChain(handler: Handler, event: PlacedEvent, figures: Partial<Chain>) {
  await handler.db
    .insert(chainTable)
    .values({ ...emptyChain, ...figures, ...rowPlaceOf(event, handler) })
    .onConflictDoUpdate((known) => sum(known, figures))
}

async function addToDay(handler: Handler, event: PlacedEvent, figures: Partial<Day>) {
  await handler.db
    .insert(day)
    .values({
      ...{ ...emptyDay, ...figures, start: dayOf(event.block.timestamp) },
      ...rowPlaceOf(event, handler),
    })
    .onConflictDoUpdate((known) => sum(known, figures))
}

/** Figures with what comes to them. */
function sum<T extends Readonly<Record<string, bigint>>>(known: T, figures: Partial<T>) {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, known[name]! + (value as bigint)]),
  ) as { [K in keyof T]?: bigint }
}

import { and, asc, eq, gte } from 'ponder'
import { db } from 'ponder:api'
import { chain, cohort, day, week } from 'ponder:schema'
import { dayOf, weekOf } from '../../calendar.ts'
import { delays } from '../../delays.ts'
import { integerOf, RequestError } from './answers.ts'
import { type Progress, readProgress } from './progress.ts'

const most = { days: 366, weeks: 104 }
const daySeconds = 86_400n

type ChainRow = typeof chain.$inferSelect
type DayRow = typeof day.$inferSelect

/** Figures of a chain that tell whether proving is in nobody's way, and whether builders stay. Times in Unix seconds. */
export type ChainStats = {
  /** Last block indexed, and its time, up to which all is counted. */
  block: bigint
  time: bigint
  total: Omit<ChainRow, 'chainId' | 'position'> & {
    /** Inferences that are settled, and whose batch data is not here yet. */
    pending: bigint
    /** Null: nobody has confirmed anything. */
    inferencesPerConfirmation: number | null
  }
  /** The last days that had any, the first of them first, `start` at 0 h UTC. */
  days: Omit<DayRow, 'chainId' | 'position'>[]
  /** Of those days. */
  proven: Proven
  /** Of those days: from when an inference says that it was served to the block that settled it. */
  declaredToSettled: DeclaredToSettled
  /** The last weeks that had any, `start` on Monday, 0 h UTC. */
  weeks: { start: bigint; activeOwners: bigint; newOwners: bigint }[]
  cohorts: Cohort[]
}

/**
 * Shares from 0 to 1 of the inferences that are settled, or whose data is here; null: there are none. That an owner's key said so by then is
 * all that holds for each; what holds for more of them is told apart.
 */
export type Proven = {
  /** Signed by a session key, not settled by the owner in its place. */
  signedByKey: number | null
  /** In a batch that the environment's own registered key signed. */
  byEnvironmentKey: number | null
  /** Named only: declared, not proven. */
  namesEnvironment: number | null
  namesModel: number | null
}

/** Nobody but the recorder knows when an inference was served: `declared` says so. */
export type DeclaredToSettled = {
  source: 'declared'
  inferences: bigint
  p50: Within
  p90: Within
  p99: Within
}

/**
 * The shortest of the times that are told apart within which such a part was settled, in milliseconds; `longer` than all of them; null:
 * there are no inferences.
 */
type Within = number | 'longer' | null

/** Owners that settled for the first time in a week. */
export type Cohort = {
  /** That week's start. */
  firstWeek: bigint
  owners: bigint
  /** How many of them settled in that week, in the one after it, and so on. */
  active: bigint[]
}

/**
 * Figures of the chains. What is read are days and weeks, however much was recorded on them.
 *
 * @throws RequestError for a parameter that is unknown or malformed.
 */
export async function statsOf(
  query: Readonly<Record<string, string>>,
): Promise<{ chains: Record<string, ChainStats> }> {
  const { chainId, days = '30', weeks = '12', ...unknown } = query
  if (Object.keys(unknown).length > 0) {
    throw new RequestError(
      400,
      'there is no parameter of that name; there are chainId, days, weeks',
    )
  }
  const span = { days: spanOf('days', days), weeks: spanOf('weeks', weeks) }
  const asked = chainId === undefined ? undefined : Number(integerOf('chainId', chainId))
  const progress = [...(await readProgress())].filter(([id]) => asked === undefined || id === asked)
  const stats = await Promise.all(
    progress.map(
      async ([id, at]) => [String(id), await statsOfChain(BigInt(id), at, span)] as const,
    ),
  )
  return { chains: Object.fromEntries(stats) }
}

function spanOf(name: 'days' | 'weeks', text: string): bigint {
  const span = integerOf(name, text)
  if (span < 1n || span > most[name]) {
    throw new RequestError(400, `\`${name}\` is not from 1 to ${most[name]}`)
  }
  return span
}

async function statsOfChain(
  chainId: bigint,
  { block, timestamp }: Progress,
  span: { days: bigint; weeks: bigint },
): Promise<ChainStats> {
  const firstDay = dayOf(timestamp) - (span.days - 1n) * daySeconds
  const firstWeek = weekOf(timestamp) - (span.weeks - 1n) * 7n * daySeconds
  const [[total], dayRows, weekRows, cohortRows] = await Promise.all([
    db.select().from(chain).where(eq(chain.chainId, chainId)),
    db
      .select()
      .from(day)
      .where(and(eq(day.chainId, chainId), gte(day.start, firstDay)))
      .orderBy(asc(day.start)),
    db
      .select()
      .from(week)
      .where(and(eq(week.chainId, chainId), gte(week.start, firstWeek)))
      .orderBy(asc(week.start)),
    db
      .select()
      .from(cohort)
      .where(and(eq(cohort.chainId, chainId), gte(cohort.firstWeek, firstWeek)))
      .orderBy(asc(cohort.firstWeek), asc(cohort.start)),
  ])
  return {
    ...{ block, time: timestamp },
    total: totalOf(total),
    days: dayRows.map(({ chainId: _, position: __, ...row }) => row),
    proven: provenOf(dayRows),
    declaredToSettled: declaredToSettledOf(dayRows),
    weeks: weekRows.map(({ start, activeOwners, newOwners }) => ({
      ...{ start, activeOwners, newOwners },
    })),
    cohorts: cohortsOf(cohortRows, weekOf(timestamp)),
  }
}

const empty = {
  ...{ inferences: 0n, available: 0n, unavailable: 0n, invalid: 0n },
  ...{ settlements: 0n, owners: 0n, confirmations: 0n },
}

function totalOf(row: ChainRow | undefined): ChainStats['total'] {
  const { chainId: _, position: __, ...total } = row ?? { ...empty, chainId: 0n, position: 0n }
  const { inferences, available, unavailable, invalid, confirmations } = total
  return {
    ...total,
    pending: inferences - available - unavailable - invalid,
    inferencesPerConfirmation: share(inferences, confirmations),
  }
}

function provenOf(days: readonly DayRow[]): Proven {
  const inferences = sumOf(days, 'inferences')
  const available = sumOf(days, 'available')
  return {
    signedByKey: share(sumOf(days, 'signedByKey'), inferences),
    byEnvironmentKey: share(sumOf(days, 'byEnvironmentKey'), available),
    namesEnvironment: share(sumOf(days, 'namesEnvironment'), available),
    namesModel: share(sumOf(days, 'namesModel'), available),
  }
}

function declaredToSettledOf(days: readonly DayRow[]): DeclaredToSettled {
  const counts = delays.map(([name]) => sumOf(days, name))
  const inferences = counts.reduce((a, b) => a + b, 0n)
  const within = (percent: bigint): Within => {
    let left = (inferences * percent + 99n) / 100n
    if (inferences === 0n) return null
    const [, millis] = delays.find((_, i) => (left -= counts[i]!) <= 0n)!
    return millis === Infinity ? 'longer' : millis
  }
  return { source: 'declared', inferences, p50: within(50n), p90: within(90n), p99: within(99n) }
}

function cohortsOf(rows: readonly (typeof cohort.$inferSelect)[], lastWeek: bigint): Cohort[] {
  const weekSeconds = 7n * daySeconds
  const cohorts = new Map<bigint, Cohort>()
  for (const { firstWeek, start, activeOwners } of rows) {
    const length = Number((lastWeek - firstWeek) / weekSeconds) + 1
    let known = cohorts.get(firstWeek)
    if (!known) {
      known = { firstWeek, owners: 0n, active: Array.from({ length }, () => 0n) }
      cohorts.set(firstWeek, known)
    }
    known.active[Number((start - firstWeek) / weekSeconds)] = activeOwners
    if (start === firstWeek) known.owners = activeOwners
  }
  return [...cohorts.values()]
}

type Counted = { [K in keyof DayRow]: DayRow[K] extends bigint ? K : never }[keyof DayRow]

const sumOf = (rows: readonly DayRow[], name: Counted) =>
  rows.reduce((sum, row) => sum + row[name], 0n)

/** @returns Null if there is nothing of which it could be a part. */
function share(part: bigint, whole: bigint): number | null {
  return whole === 0n ? null : Number(part) / Number(whole)
}

/** What is counted, from the rows that are counted and nothing else. */
import { keccak256 } from 'viem'
import type { Row, Tables } from './rebuild.ts'

/** What an owner signed or sent itself. */
export type Confirmation = { owner: string | null; at: string; position: string }

const daySeconds = 86_400

/** @param confirmations - In the order of the chain. */
export function figuresOf(
  chainId: string,
  tables: Tables,
  confirmations: readonly Confirmation[],
): Tables {
  const settlements = tables.settlement!.toSorted(byPosition)
  const events = [...settlements, ...confirmations].sort(byPosition)
  const weekly = settlements.filter(({ owner }) => owner !== null)
  const firsts = new Map<unknown, string>()
  for (const { owner, settledAt } of weekly) {
    if (!firsts.has(owner)) firsts.set(owner, String(settledAt))
  }
  const ownersIn = (rows: readonly Row[]) =>
    new Set(rows.filter(({ owner }) => owner !== null).map(({ owner }) => owner))

  const owner = tables.owner!.map((row) => {
    const own = settlements.filter((it) => it.owner === row.address)
    return {
      ...row,
      inferenceCount: sum(own.map(({ count }) => count)),
      settlementCount: String(own.length),
      confirmationCount: String(confirmations.filter((it) => it.owner === row.address).length),
      firstSettledAt: own[0]?.settledAt ?? null,
      lastSettledAt: own.at(-1)?.settledAt ?? null,
    }
  })

  const inState = (state: string) =>
    sum(
      settlements
        .filter(({ dataState }) => dataState === state)
        .map(({ count, loaded }) => BigInt(count as string) - BigInt(loaded as string)),
    )
  const chain = {
    ...{ chainId, position: events[0]?.position },
    inferences: sum(settlements.map(({ count }) => count)),
    available: String(tables.inference!.length),
    ...{ unavailable: inState('unavailable'), invalid: inState('invalid') },
    settlements: String(settlements.length),
    owners: String(firsts.size),
    confirmations: String(confirmations.length),
  }

  const day = grouped(events, (it) => dayOf(timeOf(it))).map(([start, first]) => {
    const today = settlements.filter((it) => dayOf(it.settledAt) === start)
    const rows = tables.inference!.filter((it) => dayOf(it.settledAt) === start)
    const active = ownersIn(today)
    return {
      ...{ chainId, start: String(start), position: first.position },
      settlements: String(today.length),
      inferences: sum(today.map(({ count }) => count)),
      signedByKey: sum(today.filter((it) => it.signedByKey).map(({ count }) => count)),
      confirmations: String(confirmations.filter((it) => dayOf(it.at) === start).length),
      activeOwners: String(active.size),
      newOwners: String([...active].filter((it) => dayOf(firsts.get(it)) === start).length),
      available: String(rows.length),
      namesModel: String(rows.filter(({ modelId }) => !isZero(modelId)).length),
      namesEnvironment: String(rows.filter((it) => !isZero(it.environmentId)).length),
      byEnvironmentKey: String(rows.filter((it) => isSignedByEnvironment(it, tables)).length),
      ...delaysOf(rows),
    }
  })

  const week = grouped(weekly, (it) => weekOf(it.settledAt)).map(([start, first]) => {
    const active = ownersIn(weekly.filter((it) => weekOf(it.settledAt) === start))
    return {
      ...{ chainId, start: String(start), position: first.position },
      activeOwners: String(active.size),
      newOwners: String([...active].filter((it) => weekOf(firsts.get(it)) === start).length),
    }
  })

  const nameOf = ({ owner, settledAt }: Row) => `${weekOf(firsts.get(owner))} ${weekOf(settledAt)}`
  const cohort = grouped(weekly, nameOf).map(([name, first]) => {
    const [firstWeek, start] = name.split(' ')
    const active = ownersIn(weekly.filter((it) => nameOf(it) === name))
    return {
      ...{ chainId, firstWeek, start, position: first.position },
      activeOwners: String(active.size),
    }
  })
  return { owner, chain: events.length > 0 ? [chain] : [], day, week, cohort }
}

/** How long after its declared time each was settled: every one in one bound. */
function delaysOf(rows: readonly Row[]): Row {
  const bounds = { within1s: 1, within10s: 10, within1m: 60, within10m: 600 }
  const all = { ...bounds, within1h: 3_600, within1d: daySeconds, later: Infinity }
  const counts = Object.fromEntries(Object.keys(all).map((name) => [name, 0]))
  for (const { settledAt, servedAt } of rows) {
    const delay = Number(settledAt) - Number(servedAt) / 1_000
    const [name] = Object.entries(all).find(([, seconds]) => delay < seconds)!
    counts[name]!++
  }
  return Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, String(count)]))
}

/** The environment's own key, registered before, is the session key that signed the batch. */
function isSignedByEnvironment(inference: Row, tables: Tables): boolean {
  const batch = tables.settlement!.find(
    (it) => it.logId === inference.logId && it.root === inference.root,
  )!
  const known = tables.environment!.find((it) => it.environmentId === inference.environmentId)
  if (!known || !batch.signedByKey || known.keyType !== 'secp256k1') return false
  const key = known.key as string
  const address = `0x${keccak256(`0x${key.slice(4)}`).slice(-40)}`
  return address === batch.sessionKey && byPosition(known, batch) < 0
}

type Placed = { position?: unknown }

const byPosition = (a: Placed, b: Placed) =>
  BigInt(a.position as string) < BigInt(b.position as string) ? -1 : 1
const timeOf = (it: Row) => it.at ?? it.settledAt
const dayOf = (time: unknown) => Math.floor(Number(time) / daySeconds) * daySeconds
/** Monday, 5 January 1970, was the first. */
const weekOf = (time: unknown) =>
  (Math.floor((Number(time) / daySeconds - 4) / 7) * 7 + 4) * daySeconds
const isZero = (hex: unknown) => /^0x0+$/.test(hex as string)
const sum = (values: readonly unknown[]) =>
  String(values.reduce((total: bigint, value) => total + BigInt(value as string), 0n))

/** Each value of a key, with the first that has it. */
function grouped<T, K>(items: readonly T[], keyOf: (item: T) => K): [K, T][] {
  const firsts = new Map<K, T>()
  for (const item of items) if (!firsts.has(keyOf(item))) firsts.set(keyOf(item), item)
  return [...firsts]
}

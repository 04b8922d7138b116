import { type Address, formatEther } from 'viem'
import { RelayError } from '../errors.ts'
import { type Share, split } from './shares.ts'

/** What was spent in each account's name in the last 24 hours, and what may be by transactions under way. */
export type Spending = {
  /** Keeps room for a cost. @throws RelayError `budget-exceeded`. @returns What gives the room back. */
  reserve(account: Address, cost: bigint): () => void
  /** Notes what a mined transaction cost. The same one again changes nothing. */
  note(transaction: { hash: string; time: number; cost: bigint; shares: readonly Share[] }): void
  /** Wei, with what is reserved. */
  of(account: Address): bigint
}

/** Seconds that a cost counts. */
export const spendingWindow = 86_400

type Part = { time: number; cost: bigint }

/**
 * @param budget - Of each account, in wei.
 * @param now - Unix seconds.
 */
export function createSpending(
  budget: bigint,
  now: () => number = () => Date.now() / 1000,
): Spending {
  const parts = new Map<Address, Part[]>()
  const reserved = new Map<Address, bigint>()
  const noted = new Map<string, number>()

  function forget(): void {
    const oldest = now() - spendingWindow
    for (const [hash, time] of noted) if (time < oldest) noted.delete(hash)
    for (const [account, list] of parts) {
      const kept = list.filter(({ time }) => time >= oldest)
      if (kept.length) parts.set(account, kept)
      else parts.delete(account)
    }
  }

  function recent(account: Address): Part[] {
    const oldest = now() - spendingWindow
    return (parts.get(account) ?? []).filter(({ time }) => time >= oldest)
  }

  const of = (account: Address) =>
    recent(account).reduce((sum, { cost }) => sum + cost, reserved.get(account) ?? 0n)

  return {
    of,
    reserve(account, cost) {
      const spent = of(account)
      if (spent + cost > budget) {
        const first = recent(account)[0]?.time
        const retryAfter = first === undefined ? 60 : Math.ceil(first + spendingWindow - now())
        throw new RelayError(
          'budget-exceeded',
          `The account ${account} may spend ${formatEther(budget)} in 24 hours, has spent ${formatEther(spent)}, and this may take ${formatEther(cost)}.`,
          { retryAfter: Math.max(1, retryAfter) },
        )
      }
      reserved.set(account, (reserved.get(account) ?? 0n) + cost)
      let given = false
      return () => {
        if (given) return
        given = true
        const left = (reserved.get(account) ?? 0n) - cost
        if (left > 0n) reserved.set(account, left)
        else reserved.delete(account)
      }
    },
    note({ hash, time, cost, shares }) {
      if (noted.has(hash) || time < now() - spendingWindow) return
      forget()
      noted.set(hash, time)
      for (const [account, part] of split(cost, shares)) {
        const list = parts.get(account) ?? []
        list.push({ time, cost: part })
        parts.set(account, list)
      }
    },
  }
}

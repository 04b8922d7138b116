import type { Address } from 'viem'
import { RelayError } from './errors.ts'

const minute = 60_000

/** Counts what is asked for in each account's name, in a sliding minute. A restart forgets that minute, and no more. */
export type Rate = {
  /** Counts one. @throws RelayError `rate-exceeded` */
  take(account: Address): void
}

export function createRate(perMinute: number, now: () => number = Date.now): Rate {
  const taken = new Map<Address, number[]>()
  let swept = now()

  /** Accounts that have been silent are forgotten, so that there can be any number of them. */
  function sweep(time: number): void {
    if (time - swept < minute) return
    swept = time
    for (const [account, times] of taken) {
      if ((times.at(-1) ?? 0) <= time - minute) taken.delete(account)
    }
  }

  return {
    take(account) {
      const time = now()
      sweep(time)
      const times = (taken.get(account) ?? []).filter((it) => it > time - minute)
      taken.set(account, times)
      if (times.length >= perMinute) {
        const retryAfter = Math.ceil(((times[0] ?? time) + minute - time) / 1000)
        throw new RelayError(
          'rate-exceeded',
          `The account ${account} has used its ${perMinute} a minute.`,
          { retryAfter },
        )
      }
      times.push(time)
    },
  }
}

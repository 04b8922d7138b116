import { maxTimerMillis } from '../config/timer-limit.ts'
import { SettlementTimeoutError } from '../errors/recording.ts'

/**
 * What a promise gives, if it does so in time.
 *
 * @param timeoutMillis - `Infinity` waits for as long as a timer can.
 * @throws SettlementTimeoutError; what the promise rejects with.
 */
export function within<T>(timeoutMillis: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new SettlementTimeoutError(timeoutMillis)),
      Math.min(timeoutMillis, maxTimerMillis),
    )
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

import { SettlementTimeoutError } from '@assay/sdk/errors'

/** What a promise gives, if it does so in time. @throws SettlementTimeoutError; what the promise rejects with */
export async function within<T>(millis: number, work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new SettlementTimeoutError(millis)), millis)
  })
  return Promise.race([work, late]).finally(() => clearTimeout(timer))
}

import { UsageError } from '../errors.ts'

/** How long what has an end holds, unless said otherwise. */
const defaultDays = 30

/** The value of `--days` in seconds. @throws UsageError */
export function secondsOfDays(days: string | undefined): number {
  if (days !== undefined && !/^[1-9][0-9]{0,4}$/.test(days)) {
    throw new UsageError('`--days` must be a whole number from 1 to 99999.')
  }
  return Number(days ?? defaultDays) * 86_400
}

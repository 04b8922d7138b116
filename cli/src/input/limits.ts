import { UsageError } from '../errors.ts'

/** Largest receipt, policy or proof, in bytes: far above any honest one. */
export const maxDocumentBytes = 16 * 2 ** 20
/** Largest request or response that is compared with its digest, in bytes. */
export const maxContentBytes = 512 * 2 ** 20
/** How long a server, or a pipe, may take. In seconds. */
export const defaultTimeout = 30

/** The value of `--timeout`, or of another option, in ms. @throws UsageError */
export function timeoutMillisOf(seconds: string | undefined, option = '`--timeout`'): number {
  if (seconds === undefined) return defaultTimeout * 1000
  if (!/^[0-9]{1,5}(?:\.[0-9]{1,3})?$/.test(seconds) || Number(seconds) === 0) {
    throw new UsageError(`${option} must be a number of seconds above 0.`)
  }
  return Number(seconds) * 1000
}

import { InvalidAttestationOptionsError } from './errors.ts'

/** Seconds by which the clock of who made a document may be ahead of the clock that judges it. */
export const clockTolerance = 300

/** Latest time that X.509 can write, in Unix seconds: the end of the year 9999. */
export const latestMoment = 253_402_300_799

/**
 * The time of judging.
 *
 * @param at - Unix seconds, such as a block's time.
 * @throws InvalidAttestationOptionsError
 */
export function momentOf(at: unknown): number {
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0 || at > latestMoment) {
    throw new InvalidAttestationOptionsError('at', 'must be a time in whole Unix seconds')
  }
  return at
}

/** A time as it is shown. */
export function shownTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z')
}

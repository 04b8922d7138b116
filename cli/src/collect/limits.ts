import { UsageError } from '../errors.ts'

/** What the collector takes at most. */
export type CollectorLimits = {
  /** Of one body, in bytes. */
  maxBodyBytes: number
  /** Records of one request. */
  maxRecords: number
  /** Records that may wait to be written. */
  maxQueue: number
  /** Of the newest inferences, so many are known by id and idempotency key. */
  remember: number
  /** Connections at once. */
  maxConnections: number
}

export const defaultLimits: CollectorLimits = {
  maxBodyBytes: 8 * 2 ** 20,
  maxRecords: 1_000,
  maxQueue: 10_000,
  remember: 500_000,
  maxConnections: 512,
}

/** Bodies in hand at once, as a multiple of the largest one. */
export const heldBodies = 8
/** Requests in hand at once. */
export const maxRequests = 256

/** How long clients may take, in ms. */
export type ConnectionTimes = {
  /** For a request's head to come in. */
  headMillis: number
  /** For all of it. */
  requestMillis: number
  /** Silent between two requests. */
  idleMillis: number
  /** Silent in any other way: longer than a request may wait for the chain. */
  stuckMillis: number
  /** How often it is looked who takes longer. */
  lookEvery: number
}

export const defaultTimes: ConnectionTimes = {
  headMillis: 10_000,
  requestMillis: 30_000,
  idleMillis: 15_000,
  stuckMillis: 90_000,
  lookEvery: 1_000,
}

/** Limits that an option sets, and the largest that it may be. */
const settable = {
  maxBody: ['maxBodyBytes', 2 ** 28],
  maxRecords: ['maxRecords', 100_000],
  maxQueue: ['maxQueue', 1_000_000],
  remember: ['remember', 5_000_000],
  maxConnections: ['maxConnections', 65_536],
} as const satisfies Record<string, readonly [keyof CollectorLimits, number]>

export type LimitOptions = { [K in keyof typeof settable]?: string }

/** @throws UsageError */
export function limitsFrom(options: LimitOptions): CollectorLimits {
  const limits = { ...defaultLimits }
  for (const [option, [name, most]] of Object.entries(settable)) {
    const value = options[option as keyof LimitOptions]
    if (value === undefined) continue
    if (!/^[1-9][0-9]{0,9}$/.test(value) || Number(value) > most) {
      const shown = option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      throw new UsageError(`\`--${shown}\` must be a whole number from 1 to ${most}.`)
    }
    limits[name] = Number(value)
  }
  if (limits.maxRecords > limits.maxQueue) {
    throw new UsageError('`--max-records` must not be more than `--max-queue`.')
  }
  return limits
}

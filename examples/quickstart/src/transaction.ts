import { InvalidTransactionError } from './errors.ts'

/** A payment as the risk model sees it: raw facts, no scaling. */
export interface Transaction {
  /** Amount in US dollars. 0.01 to 10,000,000. */
  readonly amountUsd: number
  /** Local time of the payer in hours since midnight, fractions allowed. 0 to below 24. */
  readonly hourOfDay: number
  /** Days since the account was opened. 0 to 36,500. */
  readonly accountAgeDays: number
  /** Distance of the device from the account's usual place in kilometres. 0 to 20,040. */
  readonly distanceKm: number
  /** Failed logins to the account in the last 24 hours. Whole number, 0 to 1,000. */
  readonly failedLogins24h: number
  /** Payments from the account in the last hour, this one excluded. Whole number, 0 to 1,000. */
  readonly paymentsLastHour: number
  /** Amount divided by the account's median payment of the last 90 days. 0 to 100,000. */
  readonly amountToMedian: number
  /** Share of past disputes in the merchant's category, from 0 (none) to 1 (the worst). */
  readonly merchantRisk: number
  /** Whether the account pays this payee for the first time. */
  readonly newPayee: boolean
  /** Whether the account uses this device for the first time. */
  readonly newDevice: boolean
}

interface NumberRule {
  readonly low: number
  readonly high: number
  readonly whole?: true
}

/** Fields in the order of the model's input, with the range of each number. */
const RULES: Readonly<Record<keyof Transaction, NumberRule | 'flag'>> = {
  amountUsd: { low: 0.01, high: 10_000_000 },
  hourOfDay: { low: 0, high: 24 - 1e-6 },
  accountAgeDays: { low: 0, high: 36_500 },
  distanceKm: { low: 0, high: 20_040 },
  failedLogins24h: { low: 0, high: 1_000, whole: true },
  paymentsLastHour: { low: 0, high: 1_000, whole: true },
  amountToMedian: { low: 0, high: 100_000 },
  merchantRisk: { low: 0, high: 1 },
  newPayee: 'flag',
  newDevice: 'flag',
}

/** Names of the fields in the order of the model's input. */
export const TRANSACTION_FIELDS = Object.keys(RULES) as readonly (keyof Transaction)[]

/** Checks an unknown value; throws `InvalidTransactionError` that names the first wrong field. */
export function parseTransaction(value: unknown): Transaction {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidTransactionError('transaction', 'must be an object')
  }
  const fields = value as Readonly<Record<string, unknown>>
  const unknownField = Object.keys(fields).find((name) => !Object.hasOwn(RULES, name))
  if (unknownField !== undefined) {
    throw new InvalidTransactionError(unknownField, 'is not a field of a transaction')
  }
  for (const name of TRANSACTION_FIELDS) checkField(name, fields[name])
  return fields as unknown as Transaction
}

/** The transaction as one row of the model's input, float32[10]. */
export function featuresOf(transaction: Transaction): Float32Array {
  return Float32Array.from(TRANSACTION_FIELDS, (name) => Number(transaction[name]))
}

function checkField(name: keyof Transaction, value: unknown): void {
  const rule = RULES[name]
  if (rule === 'flag') {
    if (typeof value !== 'boolean') throw new InvalidTransactionError(name, 'must be true or false')
    return
  }
  const { low, high, whole } = rule
  if (typeof value !== 'number' || !(value >= low && value <= high)) {
    throw new InvalidTransactionError(name, `must be a number from ${low} to ${high}`)
  }
  if (whole && !Number.isInteger(value)) {
    throw new InvalidTransactionError(name, 'must be a whole number')
  }
}

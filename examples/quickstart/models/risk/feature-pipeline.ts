import { featuresOf, TRANSACTION_FIELDS, type Transaction } from '../../src/transaction.ts'
import type { Matrix } from '../training/matrix.ts'

/** Inputs that span several orders of magnitude, so the graph takes log(1 + x) of them. */
export const LOGARITHMIC = [
  'amountUsd',
  'accountAgeDays',
  'distanceKm',
  'failedLogins24h',
  'paymentsLastHour',
  'amountToMedian',
] as const satisfies readonly (keyof Transaction)[]

/** Inputs that are used as they are. */
export const PLAIN = ['merchantRisk', 'newPayee', 'newDevice'] as const

/** Number of values after the transformation; the hour becomes a sine and a cosine. */
export const TRANSFORMED = LOGARITHMIC.length + 2 + PLAIN.length

/** Positions of the named inputs in a row of features. */
export function columnsOf(names: readonly (keyof Transaction)[]): number[] {
  return names.map((name) => TRANSACTION_FIELDS.indexOf(name))
}

/** What the graph does with the raw input before the network: [logs, sine, cosine, plain]. */
export function transform(transaction: Transaction): number[] {
  const raw = featuresOf(transaction)
  const angle = (transaction.hourOfDay * 2 * Math.PI) / 24
  return [
    ...columnsOf(LOGARITHMIC).map((column) => Math.log1p(raw[column]!)),
    Math.sin(angle),
    Math.cos(angle),
    ...columnsOf(PLAIN).map((column) => raw[column]!),
  ]
}

/** Mean and inverse standard deviation of each transformed value. */
export interface Normalisation {
  readonly means: Matrix
  readonly inverseDeviations: Matrix
}

/** Measures the training set. */
export function normalisationOf(rows: readonly number[][]): Normalisation {
  const means = Float64Array.from({ length: TRANSFORMED }, (_, column) =>
    average(rows.map((row) => row[column]!)),
  )
  const inverseDeviations = means.map(
    (mean, column) => 1 / Math.sqrt(average(rows.map((row) => (row[column]! - mean) ** 2))),
  )
  return { means, inverseDeviations }
}

function average(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

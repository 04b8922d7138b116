import type { Transaction } from './transaction.ts'

/** A transaction with a name and the story behind it. */
export interface SampleTransaction {
  readonly name: string
  readonly story: string
  readonly transaction: Transaction
}

/** Payments from plainly harmless to plainly stolen, in that order. */
export const SAMPLE_TRANSACTIONS: readonly SampleTransaction[] = [
  {
    name: 'weekly groceries',
    story: 'A customer of six years buys groceries near home, as every week.',
    transaction: {
      amountUsd: 64.2,
      hourOfDay: 17.5,
      accountAgeDays: 2210,
      distanceKm: 3,
      failedLogins24h: 0,
      paymentsLastHour: 0,
      amountToMedian: 1.1,
      merchantRisk: 0.08,
      newPayee: false,
      newDevice: false,
    },
  },
  {
    name: 'monthly rent',
    story: 'The rent: large for the account, but the same payee and device as every month.',
    transaction: {
      amountUsd: 1450,
      hourOfDay: 9.25,
      accountAgeDays: 1320,
      distanceKm: 1,
      failedLogins24h: 0,
      paymentsLastHour: 1,
      amountToMedian: 19,
      merchantRisk: 0.05,
      newPayee: false,
      newDevice: false,
    },
  },
  {
    name: 'holiday dinner',
    story: 'A restaurant abroad, paid in the evening with the usual phone.',
    transaction: {
      amountUsd: 92.8,
      hourOfDay: 20.75,
      accountAgeDays: 840,
      distanceKm: 1900,
      failedLogins24h: 0,
      paymentsLastHour: 1,
      amountToMedian: 1.8,
      merchantRisk: 0.2,
      newPayee: true,
      newDevice: false,
    },
  },
  {
    name: 'new laptop from a new phone',
    story: 'A young account, a new phone and an electronics shop: unusual, but not impossible.',
    transaction: {
      amountUsd: 1290,
      hourOfDay: 22.5,
      accountAgeDays: 95,
      distanceKm: 140,
      failedLogins24h: 0,
      paymentsLastHour: 1,
      amountToMedian: 14,
      merchantRisk: 0.55,
      newPayee: true,
      newDevice: true,
    },
  },
  {
    name: 'gift card burst',
    story: 'The sixth purchase of gift cards within an hour, after several failed logins.',
    transaction: {
      amountUsd: 480,
      hourOfDay: 2.5,
      accountAgeDays: 410,
      distanceKm: 2600,
      failedLogins24h: 5,
      paymentsLastHour: 5,
      amountToMedian: 9,
      merchantRisk: 0.9,
      newPayee: true,
      newDevice: true,
    },
  },
  {
    name: 'account emptied at night',
    story: 'Everything goes to a new payee, from an unknown device on another continent.',
    transaction: {
      amountUsd: 9800,
      hourOfDay: 3.75,
      accountAgeDays: 720,
      distanceKm: 8200,
      failedLogins24h: 7,
      paymentsLastHour: 3,
      amountToMedian: 160,
      merchantRisk: 0.7,
      newPayee: true,
      newDevice: true,
    },
  },
]

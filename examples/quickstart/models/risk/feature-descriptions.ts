import type { Transaction } from '../../src/transaction.ts'

/** Unit and meaning of each input, written to `features.json`. */
export const FEATURE_DESCRIPTIONS: Readonly<
  Record<keyof Transaction, { readonly unit: string; readonly meaning: string }>
> = {
  amountUsd: { unit: 'US dollars', meaning: 'Amount of the payment' },
  hourOfDay: { unit: 'hours since midnight, 0 to below 24', meaning: 'Local time of the payer' },
  accountAgeDays: { unit: 'days', meaning: 'Time since the account was opened' },
  distanceKm: { unit: 'kilometres', meaning: "Distance from the account's usual place" },
  failedLogins24h: { unit: 'count', meaning: 'Failed logins in the last 24 hours' },
  paymentsLastHour: { unit: 'count', meaning: 'Other payments in the last hour' },
  amountToMedian: { unit: 'ratio', meaning: "Amount over the account's 90-day median payment" },
  merchantRisk: { unit: 'share, 0 to 1', meaning: "Past disputes in the merchant's category" },
  newPayee: { unit: '0 or 1', meaning: 'First payment to this payee' },
  newDevice: { unit: '0 or 1', meaning: 'First payment from this device' },
}

import type { SeededRandom } from '../../src/random.ts'
import type { Transaction } from '../../src/transaction.ts'
import { sigmoid } from '../training/matrix.ts'

/** A made-up transaction with the probability it was labelled by and the label itself. */
export interface LabelledTransaction {
  readonly transaction: Transaction
  /** The true probability of fraud under the labelling process; never shown to the model. */
  readonly truth: number
  readonly isFraud: boolean
}

/**
 * Draws one transaction. Each payment comes from one of four situations with its own habits: daily
 * life, travel, a customer in unusual circumstances, and a stolen account. The situation shapes the
 * features but not the label, which depends on the features alone (see `logitOfFraud`).
 */
export function drawTransaction(random: SeededRandom): LabelledTransaction {
  const transaction = drawFeatures(random)
  // Half a logit of noise stands for everything that the features do not tell.
  const truth = sigmoid(logitOfFraud(transaction) + 0.5 * random.normal())
  return { transaction, truth, isFraud: random.next() < truth }
}

function drawFeatures(random: SeededRandom): Transaction {
  const situation = random.next()
  const travels = situation >= 0.7 && situation < 0.8
  const unusual = situation >= 0.8 && situation < 0.92
  const stolen = situation >= 0.92
  const odds = (chance: number) => random.next() < chance
  const logNormal = (median: number, spread: number) => median * Math.exp(spread * random.normal())

  const median = logNormal(48, 0.7)
  const amountToMedian = logNormal(stolen ? 6 : unusual ? 3.5 : 1, stolen || unusual ? 1.3 : 0.8)
  const hour = stolen ? 24 * random.next() : 14.5 + 4.2 * random.normal()
  const distance = stolen ? logNormal(700, 2) : travels ? logNormal(1200, 1) : logNormal(6, 1.3)
  return {
    amountUsd: clamp(round(median * amountToMedian, 2), 0.5, 250_000),
    hourOfDay: round((((hour % 24) + 24) % 24) * 0.9999, 2),
    accountAgeDays: clamp(Math.round(logNormal(unusual ? 120 : 700, 1.1)), 0, 9_000),
    distanceKm: clamp(round(distance, 1), 0, 19_000),
    failedLogins24h: burst(stolen ? 0.68 : unusual ? 0.4 : 0.06, random),
    paymentsLastHour: burst(stolen ? 0.62 : 0.22, random),
    amountToMedian: clamp(round(amountToMedian, 2), 0.01, 5_000),
    merchantRisk: round(stolen || unusual ? Math.sqrt(random.next()) : random.next() ** 2, 3),
    newPayee: odds(stolen ? 0.8 : unusual || travels ? 0.55 : 0.18),
    newDevice: odds(stolen ? 0.7 : unusual ? 0.35 : 0.04),
  }
}

/**
 * The labelling process: a sum of single effects, and four effects of two facts together, which no
 * linear model can express.
 */
function logitOfFraud(t: Transaction): number {
  const night = Math.max(0, Math.cos(((t.hourOfDay - 3) * Math.PI) / 12))
  const far = Math.log1p(t.distanceKm) / Math.log1p(5000)
  const large = Math.log1p(t.amountToMedian) / Math.log1p(50)
  const attacked = Math.tanh(t.failedLogins24h / 3)
  const hurried = Math.tanh(t.paymentsLastHour / 4)
  const young = Math.exp(-t.accountAgeDays / 180)
  const payee = Number(t.newPayee)
  const device = Number(t.newDevice)
  return (
    -7.4 +
    0.9 * large +
    0.25 * Math.log1p(t.amountUsd / 200) +
    0.8 * night +
    0.6 * far +
    1.6 * attacked +
    1.2 * hurried +
    0.9 * young +
    1.3 * t.merchantRisk ** 2 +
    0.5 * payee +
    0.5 * device +
    1.9 * device * far +
    2.2 * payee * large +
    1.4 * attacked * device +
    1.2 * hurried * t.merchantRisk
  )
}

/** Counts how often in a row an event with this chance happens, up to 12. */
function burst(chance: number, random: SeededRandom): number {
  let count = 0
  while (count < 12 && random.next() < chance) count++
  return count
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value))
}

function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}

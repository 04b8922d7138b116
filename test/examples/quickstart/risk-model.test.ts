import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  InvalidTransactionError,
  ModelFileError,
  QuickstartError,
} from '../../../examples/quickstart/src/errors.ts'
import { decide } from '../../../examples/quickstart/src/risk-decision.ts'
import { loadRiskModel, type RiskModel } from '../../../examples/quickstart/src/risk-model.ts'
import { SAMPLE_TRANSACTIONS } from '../../../examples/quickstart/src/sample-transactions.ts'
import type { Transaction } from '../../../examples/quickstart/src/transaction.ts'

const SAFE = SAMPLE_TRANSACTIONS[0]!.transaction
const STOLEN = SAMPLE_TRANSACTIONS.at(-1)!.transaction
const nowhere = new URL('file:///nowhere/')

describe('risk model', () => {
  let model: RiskModel

  beforeAll(async () => {
    model = await loadRiskModel()
  })
  afterAll(() => model.close())

  test('ranks the samples from harmless to stolen and decides each way', async () => {
    const scores = []
    for (const { transaction } of SAMPLE_TRANSACTIONS) scores.push(await model.score(transaction))
    expect(scores[0]!.risk).toBeLessThan(0.01)
    expect(scores.at(-1)!.risk).toBeGreaterThan(0.9)
    expect(scores.map(({ decision }) => decision)).toEqual([
      'approve',
      'approve',
      'approve',
      'review',
      'decline',
      'decline',
    ])
  })

  test('gives the committed bits', async () => {
    expect((await model.score(SAFE)).risk).toBe(0.0007052719593048096)
    expect((await model.score(STOLEN)).risk).toBe(0.971767783164978)
  })

  test('answers concurrent callers like one after the other', async () => {
    const transactions = SAMPLE_TRANSACTIONS.map(({ transaction }) => transaction)
    const together = await Promise.all(transactions.map((one) => model.score(one)))
    for (const [index, one] of transactions.entries()) {
      expect(await model.score(one)).toEqual(together[index])
    }
  })

  test.each<[string, unknown, string]>([
    ['an amount below the range', { ...SAFE, amountUsd: 0 }, 'amountUsd'],
    ['an amount that is not a number', { ...SAFE, amountUsd: NaN }, 'amountUsd'],
    ['a number in a text', { ...SAFE, distanceKm: '3' }, 'distanceKm'],
    ['the hour 24', { ...SAFE, hourOfDay: 24 }, 'hourOfDay'],
    ['half a failed login', { ...SAFE, failedLogins24h: 0.5 }, 'failedLogins24h'],
    ['a flag that is a number', { ...SAFE, newPayee: 1 }, 'newPayee'],
    ['a missing field', { ...SAFE, newDevice: undefined }, 'newDevice'],
    ['an unknown field', { ...SAFE, country: 'FR' }, 'country'],
    ['no object', null, 'transaction'],
  ])('refuses %s', async (_, transaction, field) => {
    const error: unknown = await model.score(transaction as Transaction).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(InvalidTransactionError)
    expect(error).toBeInstanceOf(QuickstartError)
    expect(error).toMatchObject({ field, code: 'invalid_transaction' })
  })

  test('decides at the limits', () => {
    expect([0.1499, 0.15, 0.5999, 0.6].map((risk) => decide(risk))).toEqual([
      'approve',
      'review',
      'review',
      'decline',
    ])
    expect(decide(0.2, { review: 0.3, decline: 0.9 })).toBe('approve')
  })

  test('names the file that is missing', async () => {
    await expect(loadRiskModel({ files: nowhere })).rejects.toThrow(ModelFileError)
  })
})

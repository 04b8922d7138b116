import { assertReceipt, ReceiptNotVerifiedError, type VerificationReport } from '@assay/sdk'
import { expect, test } from 'vitest'
import vectors from '../../vectors/receipts.json' with { type: 'json' }
import { verifyReceipt } from '@assay/sdk/verify'

const [receipt] = vectors

function failureOf(report: VerificationReport): ReceiptNotVerifiedError {
  try {
    assertReceipt(report)
  } catch (error) {
    if (error instanceof ReceiptNotVerifiedError) return error
  }
  return expect.unreachable('the report passed')
}

test('default: lets a verified report pass, and no other', async () => {
  const policy = {
    schema: 'assay/policy/v1',
    chains: {},
    require: ['commitment', 'inclusion', 'signature'],
  } as const
  const report = await verifyReceipt({ ...receipt, hints: {} }, { policy })
  expect(report.status).toBe('verified')
  expect(() => {
    assertReceipt(report)
  }).not.toThrow()
})

test('error: ReceiptNotVerifiedError names what is not known, and what would raise it', async () => {
  const report = await verifyReceipt(receipt)
  const error = failureOf(report)
  expect(error.status).toBe('unknown')
  expect(error.report).toBe(report)
  expect(error.metaMessages.join('\n')).toMatch(/settlement: .+/)
})

test('error: ReceiptNotVerifiedError names what is refuted alone', async () => {
  const fields = { ...receipt?.fields, opened: [] }
  const inference = { ...receipt?.inference, sequence: '4294967295' }
  const error = failureOf(await verifyReceipt({ ...receipt, fields, inference }))
  expect(error.status).toBe('refuted')
  expect(error.metaMessages.length).toBeGreaterThan(0)
  expect(error.metaMessages.join('\n')).not.toContain('settlement:')
})

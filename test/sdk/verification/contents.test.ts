import { type InferenceReceipt, redactReceipt, verifyReceipt } from '@assay/sdk'
import { beforeAll, expect, test } from 'vitest'
import { offlineReceipts } from '../support/offline-receipts.ts'
import { lineOf } from '../support/verified.ts'

let receipt: InferenceReceipt
beforeAll(async () => {
  const [one] = await offlineReceipts({ count: 1 })
  receipt = one ?? expect.unreachable()
})

const bytes = new TextEncoder().encode('other bytes than were recorded')

test('behavior: a digest that is hidden does not save contents that are not the recorded ones', async () => {
  for (const [hidden, shown] of [
    ['request', 'response'],
    ['response', 'request'],
  ] as const) {
    const redacted = redactReceipt(receipt, { reveal: [`${shown}.sha256`] })
    const contents = { request: bytes, response: bytes }
    const report = await verifyReceipt(redacted, { contents })
    expect(report.status).toBe('refuted')
    expect(lineOf(report, 'contents')).toMatchObject({
      status: 'refuted',
      reason: `The ${shown} is not the one that was recorded.`,
    })
    const alone = await verifyReceipt(redacted, { contents: { [hidden]: bytes } })
    expect(lineOf(alone, 'contents')).toMatchObject({
      status: 'unknown',
      reason: `The receipt does not show the digest of the ${hidden}.`,
    })
  }
})

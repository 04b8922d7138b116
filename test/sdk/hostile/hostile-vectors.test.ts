import { readFile } from 'node:fs/promises'
import { InvalidReceiptError } from '@assay/sdk'
import { verifyReceipt } from '@assay/sdk/verify'
import { expect, test } from 'vitest'
import { type HostileVector, textOfVector } from '../../vectors/hostile.ts'

const file = new URL('../../vectors/hostile-receipts.json', import.meta.url)
const vectors = JSON.parse(await readFile(file, 'utf8')) as HostileVector[]

test.each(vectors.map((it) => [it.name, it] as const))('default: %s', async (_, vector) => {
  const { outcome } = vector
  const text = textOfVector(vector)
  if (outcome === 'refused') {
    await expect(verifyReceipt(text)).rejects.toThrow(InvalidReceiptError)
    return
  }
  const report = await verifyReceipt(text)
  const line = report.checks.find(({ name }) => name === outcome.check)
  expect(line?.status).toBe(outcome.status)
  expect(report.status).toBe(outcome.status === 'refuted' ? 'refuted' : 'unknown')
})

import {
  BatchDataUnavailableError,
  fetchBatchData,
  type FetchBatchDataOptions,
} from '@assay/sdk/stores'
import { describe, expect, test } from 'vitest'
import { batchOf, randomBatch } from './support/batches.ts'

const { data, digest } = randomBatch()

async function reasonOf(uri: string, options: FetchBatchDataOptions = {}): Promise<string> {
  const error: unknown = await fetchBatchData(uri, digest, options).catch((it: unknown) => it)
  return error instanceof BatchDataUnavailableError ? error.reason : String(error)
}

describe('data:', () => {
  const base64 = Buffer.from(data).toString('base64')
  const escaped = [...data].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('')

  test.each([
    `data:application/octet-stream;base64,${base64}`,
    `DATA:;base64,${base64.replace(/=+$/, '')}`,
    `data:;base64,${encodeURIComponent(base64)}`,
    `data:,${escaped}`,
    `data:application/octet-stream,${escaped.toUpperCase()}`,
  ])('default: %.40s', async (uri) => {
    const fetched = await fetchBatchData(uri, digest, { maxBytes: data.length })
    expect(Buffer.from(fetched).equals(data)).toBe(true)
    expect(await reasonOf(uri, { maxBytes: data.length - 1 })).toBe('too-large')
  })

  test('behavior: text is itself', async () => {
    const { digest } = batchOf(Buffer.from("it's~text;,"))
    expect(Buffer.from(await fetchBatchData("data:,it's~text;,", digest)).toString()).toBe(
      "it's~text;,",
    )
  })

  test('error: BatchDataUnavailableError, other data, or more than is read', async () => {
    expect(await reasonOf('data:,x')).toBe('other-data')
    expect(await reasonOf('data:,')).toBe('other-data')
    expect(await reasonOf(`data:,${'x'.repeat(50_000_000)}`, { maxBytes: 1_000 })).toBe('too-large')
  })
})

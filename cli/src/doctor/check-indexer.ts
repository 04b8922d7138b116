import { createIndexerClient, getIndexedSettlements } from '@assay/sdk'
import { BaseError } from '@assay/sdk/errors'
import { shownUrl } from '../input/url-chunks.ts'
import type { Finding } from './finding.ts'

/** Whether the indexer answers. Nothing of recording depends on it. */
export async function checkIndexer(url: string, timeoutMillis: number): Promise<Finding> {
  const check = 'indexer'
  try {
    await getIndexedSettlements(createIndexerClient({ url, timeoutMillis }), { limit: 1 })
    return { check, status: 'ok', text: `${shownUrl(url)} answers` }
  } catch (error) {
    if (!(error instanceof BaseError)) throw error
    const fix = 'Start it, or correct ASSAY_INDEXER_URL. Recording goes on without it.'
    return { check, status: 'warn', text: `${shownUrl(url)}: ${error.shortMessage}`, fix }
  }
}

import { isDeepStrictEqual } from 'node:util'
import {
  type InferenceReceipt,
  InvalidBundleError,
  verifyBundle,
  verifyReceipt,
  type VerificationReport,
} from '@assay/sdk'
import type { Client } from 'viem'
import { limitMs, msOf } from '../judging/measure.ts'
import { faultInReport, faultInRefusal } from '../judging/oracle.ts'
import type { World } from '../world/world.ts'
import type { HostileBundle } from './cases.ts'
import { receiptsIn } from './lines.ts'

export type BundleResult = { outcome: string; fault: string | undefined; ms: number }

/**
 * Verifies a bundle. Wrong is what would be wrong with a receipt alone, and beside it: a report that is not the one that the same
 * receipt gets alone, and one more or less than there are receipts.
 */
export async function judgeBundle(
  { input, text, policy: number }: HostileBundle,
  world: World,
  client: Client | undefined,
): Promise<BundleResult> {
  const options = { policy: world.policies[number], client }
  let reports: VerificationReport[] = []
  let error: unknown
  const ms = await msOf(async () => {
    reports = []
    error = undefined
    try {
      for await (const report of verifyBundle(input, options)) reports.push(report)
    } catch (thrown) {
      error = thrown
    }
  })
  const result = (fault: string | undefined): BundleResult => ({
    ...{ outcome: error ? 'bundle refused' : 'bundle read', fault, ms: ms / (reports.length + 1) },
  })
  if (error && !(error instanceof InvalidBundleError))
    return result(`crashed: ${(error as Error).message}`)
  const receipts = receiptsIn(text) as unknown as InferenceReceipt[]
  if (reports.length > receipts.length || (!error && reports.length < receipts.length)) {
    return result(`${reports.length} reports of ${receipts.length} receipts`)
  }
  for (const [i, report] of reports.entries()) {
    const receipt = receipts[i]!
    const fault = await faultInReport(receipt, report, number, world)
    if (fault) return result(`receipt ${i}: ${fault}`)
    if (!isDeepStrictEqual(report, await verifyReceipt(receipt, options))) {
      return result(`receipt ${i}: alone it gets another report`)
    }
  }
  return result(
    ms > limitMs * (reports.length + 1)
      ? `took ${ms} ms`
      : error instanceof InvalidBundleError
        ? faultInRefusal(error)
        : undefined,
  )
}

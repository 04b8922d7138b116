import { createBundle, type InferenceReceipt, verifyBundle } from '@assay/sdk/verify'
import { verifyTheObviousWay } from './obvious-way.ts'

/** Receipts a second of processor time out of one bundle, from its bytes to reports; the best of some runs. */
export async function measureBundle(receipts: readonly InferenceReceipt[]): Promise<number> {
  const pieces: Uint8Array[] = []
  for await (const line of createBundle(receipts)) pieces.push(Buffer.from(line))
  const bytes = Buffer.concat(pieces)
  const chunks = Array.from({ length: Math.ceil(bytes.length / 2 ** 16) }, (_, i) =>
    bytes.subarray(i * 2 ** 16, (i + 1) * 2 ** 16),
  )
  return bestOf(3, receipts.length, async () => {
    let verified = 0
    for await (const { checks } of verifyBundle(chunks)) {
      const proven = checks.filter((check) => check.source === 'proven')
      if (proven.length === 3 && proven.every(({ status }) => status === 'verified')) verified++
    }
    return verified
  })
}

/** Receipts a second of processor time the obvious way, each from its own text; the best of some runs. */
export function measureObviousWay(receipts: readonly InferenceReceipt[]): Promise<number> {
  const texts = receipts.map((receipt) => JSON.stringify(receipt))
  return bestOf(3, texts.length, async () => {
    let verified = 0
    for (const text of texts) if (await verifyTheObviousWay(text)) verified++
    return verified
  })
}

/** Processor time, collection of garbage on helper threads included: what else runs on the machine doesn't count. */
async function bestOf(runs: number, count: number, run: () => Promise<number>): Promise<number> {
  let best = 0
  for (let i = 0; i < runs; i++) {
    const start = process.cpuUsage()
    const verified = await run()
    const { user, system } = process.cpuUsage(start)
    const seconds = (user + system) / 1_000_000
    // What verified nothing has measured nothing.
    best = Math.max(best, verified === count ? count / seconds : NaN)
  }
  return best
}

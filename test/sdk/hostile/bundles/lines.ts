import type { Craft, Json } from '../mutations/mutation.ts'
import { objectAt } from '../mutations/places.ts'

/** Lines of a bundle (`assay/bundle/v1`), written here anew so that hostile receipts can stand in one. */
export function linesOf(receipts: readonly Json[]): string[] {
  const lines = [JSON.stringify({ bundle: 'assay/bundle/v1' })]
  let last = ''
  for (const receipt of receipts) {
    const { proof, ...batch } = objectAt(receipt, 'batch')
    const line = JSON.stringify({ batch: { log: receipt.log, batch } })
    if (line !== last) lines.push((last = line))
    const { inferenceId, inference, fields, messages, hints } = receipt
    const own = { inferenceId, inference, fields, messages, proof, hints }
    lines.push(JSON.stringify({ receipt: own }))
  }
  return [...lines, JSON.stringify({ end: { receipts: String(receipts.length) } })]
}

/** Receipts that stand in such lines, read by JSON.parse alone; as far as they can be read. */
export function receiptsIn(text: string): Json[] {
  const receipts: Json[] = []
  let shared: Json = {}
  try {
    for (const line of text.split('\n')) {
      const value = JSON.parse(line) as Json
      if (value.batch) shared = value.batch as Json
      if (!value.receipt) continue
      const { inferenceId, inference, fields, messages, proof, hints } = value.receipt as Json
      const batch = { ...objectAt(shared, 'batch'), proof }
      const { log } = shared
      receipts.push({
        ...{ schema: 'assay/receipt/v1', inferenceId, log, inference, fields, batch, hints },
        ...(messages !== undefined && { messages }),
      })
    }
  } catch {
    // Nothing follows a line that is no JSON.
  }
  return receipts
}

/** Changes the lines of a bundle. */
export type LinesMutation = (lines: string[], craft: Craft) => string[]

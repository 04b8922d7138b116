import { InvalidBundleError } from '../errors/input.ts'
import {
  type BundledBatch,
  type BundledReceipt,
  lineShapes,
  maxBundleReceipts,
  receiptIn,
} from './bundle.ts'
import { linesOf, type TextSource } from './lines.ts'
import { maxReceiptValues } from './receipt-shape.ts'
import type { InferenceReceipt } from './receipt.ts'
import type { Refuse } from './shape.ts'
import { defaultJsonLimits, parseStrictJson } from './strict-json.ts'

type Line =
  | { bundle: string }
  | { batch: BundledBatch }
  | { receipt: BundledReceipt }
  | { end: { receipts: string } }

/** Receipts that follow each other in a bundle and are of one batch: one object, as long as the batch lasts. */
export type BundleSection = {
  batch: BundledBatch
  receipts: BundledReceipt[]
}

/** Of one line. */
const limits = { ...defaultJsonLimits, maxDepth: 5, maxValues: maxReceiptValues }

/** How many receipts are handed over at once, and how long their lines may be together, but for the last: 256 of ordinary size. */
const sectionLength = 256
const sectionText = 2 ** 20

/**
 * Takes the receipts out of a bundle again, as they went in, and refuses everything that is not one to the letter. What they say is
 * not checked: that is `verifyBundle`'s part.
 *
 * @param bundle - The file, whole or in pieces; not trusted. Read line by line, so that its size doesn't matter.
 * @throws InvalidBundleError that names the place and what is wrong there, at the latest after the last receipt: a bundle says how
 * many it holds, so that none can be cut off.
 *
 * @example
 * for await (const receipt of receiptsOf(createReadStream('receipts.jsonl'))) …
 */
export async function* receiptsOf(bundle: TextSource): AsyncGenerator<InferenceReceipt> {
  for await (const { batch, receipts } of readBundle(bundle)) {
    for (const receipt of receipts) yield receiptIn(batch, receipt)
  }
}

/** Reads a bundle, some receipts at a time. @throws InvalidBundleError */
export async function* readBundle(source: TextSource): AsyncGenerator<BundleSection> {
  let number = 0
  const refuse: Refuse = (path, problem, options) =>
    new InvalidBundleError(
      number === 0 ? path : `line ${number}${path && `, ${path}`}`,
      problem,
      options,
    )
  let state: 'start' | 'receipts' | 'end' = 'start'
  let count = 0
  let batch: BundledBatch | undefined
  let receipts: BundledReceipt[] = []
  let textLength = 0
  for await (const lines of linesOf(source, limits.maxLength, refuse)) {
    for (const text of lines) {
      number++
      const line = parseLine(text, refuse)
      if (state === 'end') throw refuse('', 'stands after the end')
      if ('bundle' in line !== (state === 'start')) throw refuse('', 'is not in its place')
      if ('receipt' in line) {
        if (!batch) throw refuse('', 'is of no batch')
        if (++count > maxBundleReceipts) throw refuse('', 'is one receipt too many')
        receipts.push(line.receipt)
        textLength += text.length
      }
      const isFull = receipts.length === sectionLength || textLength > sectionText
      if (batch && receipts.length > 0 && ('batch' in line || isFull)) {
        yield { batch, receipts }
        receipts = []
        textLength = 0
      }
      if ('batch' in line) batch = line.batch
      if ('end' in line && line.end.receipts !== String(count)) {
        throw refuse('', `speaks of other than the ${count} receipts before it`)
      }
      state = 'end' in line ? 'end' : 'receipts'
    }
  }
  number = 0
  if (state !== 'end') throw refuse('', 'is cut off: its last line is missing')
  if (count === 0) throw refuse('', 'holds no receipt')
  if (batch && receipts.length > 0) yield { batch, receipts }
}

function parseLine(text: string, refuse: Refuse): Line {
  const line = parseStrictJson(text, refuse, limits)
  const names = typeof line === 'object' && line !== null ? Object.keys(line) : []
  const [name] = names
  if (names.length !== 1 || name === undefined || !Object.hasOwn(lineShapes, name)) {
    throw refuse('', 'must be an object with a bundle, a batch, a receipt or an end')
  }
  lineShapes[name as keyof typeof lineShapes]((line as Record<string, unknown>)[name], name, refuse)
  return line as Line
}

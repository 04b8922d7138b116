import { type CheckStatus, judgeSettledInference } from '@assay/sdk/verify'
import { readAsked } from './asked.ts'
import { gatherFacts, type InferenceRow, type Place } from './facts.ts'
import { readProgress } from './progress.ts'
import { merged, sourcesOf } from './sources.ts'

/** An inference in a list, with its status under the SDK's default policy. */
export type ListedInference = InferenceRow & { status: CheckStatus }

/** A page of a list of inferences, in the order of the chain. */
export type InferenceList = {
  items: ListedInference[]
  /** Give it as `after` to go on, also where there are fewer items than asked for; null: there are no more. */
  after: string | null
  /** Last block indexed, of which all is said. */
  block: bigint
}

/** So many rows are judged for one page at most: a page that few of many fit is handed over as it is. */
const maxJudged = 5_000

/**
 * Inferences that fit.
 *
 * @throws RequestError
 */
export async function listInferences(
  query: Readonly<Record<string, string>>,
  place: Place,
): Promise<InferenceList> {
  const asked = readAsked(query)
  const progress = await readProgress()
  if (!progress) return { items: [], after: null, block: 0n }
  const read = merged(await sourcesOf(asked, progress))
  const { limit, status } = asked
  const items: ListedInference[] = []
  let after = asked.after ?? -1n
  for (let judged = 0; judged < maxJudged;) {
    // One more than there is room for says whether there are more.
    const rows = await read(after, limit + 1)
    const settled = await gatherFacts(rows, progress, place)
    for (const [i, row] of rows.entries()) {
      if (items.length === limit) return { items, after: String(after), block: progress.block }
      const { status: found } = judgeSettledInference(settled[i]!)
      if (status === undefined || found === status) items.push({ ...row, status: found })
      after = row.position
    }
    if (rows.length <= limit) return { items, after: null, block: progress.block }
    judged += rows.length
  }
  return { items, after: String(after), block: progress.block }
}

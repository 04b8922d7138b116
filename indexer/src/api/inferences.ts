import { type CheckStatus, judgeSettledInference } from '@assay/sdk/verify'
import { readAsked } from './asked.ts'
import type { ServedChain } from './chains.ts'
import { gatherFacts, type InferenceRow } from './facts.ts'
import { readProgress } from './progress.ts'
import { merged, sourcesOf } from './sources.ts'

/** An inference in a list, with its status under the SDK's default policy. */
export type ListedInference = InferenceRow & { status: CheckStatus }

/** A page of a list of inferences, in the order of the chains' ids and of the chains. */
export type InferenceList = {
  items: ListedInference[]
  /** Give it as `after` to go on, also where there are fewer items than asked for; null: there are no more. */
  after: string | null
  /** Last block of each chain that is indexed, of which all is said. */
  blocks: Record<string, bigint>
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
  chains: ReadonlyMap<number, ServedChain>,
): Promise<InferenceList> {
  const asked = readAsked(query)
  const progress = await readProgress()
  const blocks = Object.fromEntries([...progress].map(([chainId, { block }]) => [chainId, block]))
  const read = merged(await sourcesOf(asked, progress))
  const { limit, status } = asked
  const items: ListedInference[] = []
  let after = asked.after ?? -1n
  for (let judged = 0; judged < maxJudged;) {
    // One more than there is room for says whether there are more.
    const rows = await read(after, limit + 1)
    const settled = await gatherFacts(rows, progress, chains)
    for (const [i, row] of rows.entries()) {
      if (items.length === limit) return { items, after: String(after), blocks }
      const { status: found } = judgeSettledInference(settled[i]!)
      if (status === undefined || found === status) items.push({ ...row, status: found })
      after = row.position
    }
    if (rows.length <= limit) return { items, after: null, blocks }
    judged += rows.length
  }
  return { items, after: String(after), blocks }
}

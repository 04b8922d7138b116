import type { Hex } from 'viem'
import { indexerTables } from '../generated/indexer.ts'
import { type Check, checkNames, type CheckStatus, checkStatuses } from '../verify/report.ts'
import type { IndexerClient } from './client.ts'
import { IndexerResponseError } from './errors.ts'
import { type Column, integer, oneOf, readRow, string } from './row.ts'
import type { IndexerRow } from './rows.ts'

/** What the indexer says of an inference under the SDK's default policy, by what is public. */
export type InferenceState = {
  inference: IndexerRow<'inference'>
  /** `finalized`: its settlement is in a block that no reorganization can take back. */
  stage: 'settled' | 'finalized'
  /** Last block that the indexer had read. */
  block: bigint
  status: CheckStatus
  /** As in a report of `verifyReceipt`, without the lines that a receipt alone can give. */
  checks: Pick<Check, 'name' | 'status' | 'source' | 'reason'>[]
}

const checkColumns = {
  name: oneOf(...checkNames),
  status: oneOf(...checkStatuses),
  source: oneOf('proven', 'vouched', 'declared'),
  reason: string,
}

const list: Column<unknown[]> = (value, name) => {
  if (!Array.isArray(value)) throw new IndexerResponseError(`\`${name}\` is no list`)
  return value
}

/**
 * The state of an inference.
 *
 * @returns Undefined if the indexer does not know it (yet).
 * @throws IndexerUnreachableError, IndexerResponseError
 */
export async function getInferenceState(
  client: IndexerClient,
  { inferenceId }: { inferenceId: Hex },
): Promise<InferenceState | undefined> {
  const answer = await client.get(`inferences/${inferenceId}`)
  if (!answer) return undefined
  const { stage, block } = readRow({ stage: oneOf('settled', 'finalized'), block: integer }, answer)
  const { status, checks } = readRow(
    { status: oneOf(...checkStatuses), checks: list },
    answer.state,
  )
  return {
    inference: readRow(indexerTables.inference, answer.inference),
    stage,
    block,
    status,
    checks: checks.map((check) => readRow(checkColumns, check)),
  }
}

import { checkBatchData, rootOfData } from '@assay/sdk/formats'
import type { InvalidBatchProblem, WantedBatch } from './wanted-batch.ts'

/**
 * Whether data of the digest that was settled gives the batch that was settled.
 *
 * @param data - Of that digest, and not trusted otherwise: for an external batch the contract looks at no data.
 * @returns What is wrong; undefined: nothing.
 */
export function problemOfData(
  { logId, root, first, count }: Pick<WantedBatch, 'logId' | 'root' | 'first' | 'count'>,
  data: Uint8Array,
): InvalidBatchProblem | undefined {
  let actual
  try {
    actual = checkBatchData(data).count
  } catch {
    return 'no-batch-data'
  }
  if (BigInt(actual) !== count) return 'other-count'
  return rootOfData(logId, first, data) === root ? undefined : 'other-root'
}

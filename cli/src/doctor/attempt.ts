import { BaseError } from '@assay/sdk/errors'
import type { Finding } from './finding.ts'

/** What a check throws is a finding too: the others are still looked at. */
export async function attempt<T>(
  check: Finding['check'],
  look: () => Promise<T>,
): Promise<T | Finding> {
  try {
    return await look()
  } catch (error) {
    const known = error instanceof BaseError ? error : undefined
    const text = known?.shortMessage ?? (error as Error).message.split('\n', 1)[0] ?? ''
    // The lines before the last tell what was seen, which stands there already.
    const fix = known?.metaMessages.at(-1)
    return { check, status: 'fail', text, ...(fix === undefined ? {} : { fix }) }
  }
}

/** Whether it is a finding, and not what a check gives. */
export const isFinding = (value: unknown): value is Finding =>
  typeof value === 'object' && value !== null && 'check' in value && 'status' in value

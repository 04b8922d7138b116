import { InvalidConfigError } from '../errors/config.ts'

/**
 * When a settlement counts as final: in a block that the chain calls `finalized`, which no reorganization takes back, or one that
 * has so many confirmations, itself counted.
 */
export type Finality = 'finalized' | { confirmations: number }

/** @throws InvalidConfigError for what is neither. */
export function checkFinality(finality: Finality | undefined): void {
  if (finality === undefined || finality === 'finalized') return
  const confirmations: unknown = (finality as { confirmations?: unknown } | null)?.confirmations
  if (Number.isSafeInteger(confirmations) && Number(confirmations) >= 1) return
  throw new InvalidConfigError('finality', 'must be `finalized`, or whole `confirmations` from 1')
}

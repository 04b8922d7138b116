/**
 * When a settlement counts as final: in a block that the chain calls `finalized`, which no reorganization takes back, or one that
 * has so many confirmations, itself counted.
 */
export type Finality = 'finalized' | { confirmations: number }

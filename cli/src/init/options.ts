import type { OwnerOptions } from '../owner/options.ts'

/** Options of `assay init`, as they are given. */
export type InitOptions = OwnerOptions & {
  days?: string
  renew?: boolean
  newKey?: boolean
  inferenceLog?: string
  journal?: string
  indexer?: string
}

import type { OwnerOptions } from '../owner/options.ts'

/** Options of `assay flush`, as they are given. */
export type FlushOptions = Pick<OwnerOptions, 'owner' | 'keystore' | 'relay'> & {
  settings?: string
  rpc?: string
  timeout?: string
  journal?: string
  /** Address of a session key that is lost: its owner settles. */
  inPlaceOf?: string
}

import type { LimitOptions } from './limits.ts'

/** Options of `assay collect`, as they are given. */
export type CollectOptions = LimitOptions & {
  settings?: string
  rpc?: string
  relay?: string
  journal?: string
  host?: string
  port?: string
  tokenFile?: string
  allowHost?: string[]
  allowOrigin?: string[]
  delay?: string
  grace?: string
}

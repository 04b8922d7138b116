/** Options of `assay watch`, as they are given. */
export type WatchOptions = {
  settings?: string
  rpc?: string
  timeout?: string
  journal?: string
  owner?: string
  log?: string[]
  from?: string
  interval?: string
  count?: string
}

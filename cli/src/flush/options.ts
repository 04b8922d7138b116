/** Options of `assay flush`, as they are given. */
export type FlushOptions = {
  settings?: string
  rpc?: string
  timeout?: string
  journal?: string
  relay?: string
}

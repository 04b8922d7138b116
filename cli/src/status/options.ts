/** Options of `assay status`, as they are given. */
export type StatusOptions = {
  settings?: string
  rpc?: string
  timeout?: string
  journal?: string
  offline?: boolean
}

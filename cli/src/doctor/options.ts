/** Options of `assay doctor`, as they are given. */
export type DoctorOptions = {
  settings?: string
  rpc?: string
  timeout?: string
  journal?: string
  indexer?: string
  relay?: string
}

/** Options of `assay verify`, as they are given. */
export type VerifyOptions = {
  policy?: string
  offline?: boolean
  rpc?: string[]
  request?: string
  response?: string
  archive?: string[]
  vmpl?: string
  tcbStatus?: string[]
  journal?: string
  indexer?: string
  timeout?: string
  explain?: boolean
}

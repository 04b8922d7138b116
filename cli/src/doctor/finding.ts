/** What a check found. */
export type Finding = {
  check:
    'settings' | 'rpc' | 'contracts' | 'session key' | 'funds' | 'clock' | 'journal' | 'indexer'
  status: 'ok' | 'warn' | 'fail'
  /** What was seen. */
  text: string
  /** What to do about it. */
  fix?: string
}

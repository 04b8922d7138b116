import type { Hex } from 'viem'

/** Name of the report format. */
export const reportSchema = 'assay/report/v1'

/** What a check can find: shown to be so, shown not to be so, or neither. */
export const checkStatuses = ['verified', 'refuted', 'unknown'] as const

/** What a check found. */
export type CheckStatus = (typeof checkStatuses)[number]

/**
 * On whose word a check rests: `proven` by maths or hardware and checked now, `vouched` by a named third party (the answer of an
 * RPC endpoint included), `declared` by the party itself. What is only declared is never verified.
 */
export type CheckSource = 'proven' | 'vouched' | 'declared'

/** The three questions, and the record itself. */
export type Question = 'model' | 'environment' | 'output' | 'record'

/** Names of the checks, in the order in which a report has them. */
export const checkNames = [
  'commitment',
  'inclusion',
  'signature',
  'settlement',
  'time',
  'sessionKey',
  'log',
  'model',
  'environment',
  'output',
  'messages',
  'contents',
  'evidence',
  'hints',
] as const

/** Name of a check. */
export type CheckName = (typeof checkNames)[number]

/** One line of a report. */
export type Check = {
  name: CheckName
  question: Question
  status: CheckStatus
  source: CheckSource
  /** In plain words, why. */
  reason: string
  /** What would raise the status, if something would. */
  raise?: string
}

/**
 * What could be found out about a receipt: plain JSON, integers as decimal digits in strings.
 */
export type VerificationReport = {
  schema: typeof reportSchema
  /**
   * `refuted` if any check is; `verified` if every check that the policy requires is, and no hint stands unconfirmed; else
   * `unknown`.
   */
  status: CheckStatus
  inferenceId: Hex
  chain: {
    id: string
    /** A chain that anyone can restart and rewrite: its settlements prove nothing to others. */
    local: boolean
    /** The block at which all was read, its time in Unix seconds; absent: offline, or the chain could not be read. */
    block?: { number: string; hash: Hex; timestamp: string }
    /** Hosts of the endpoints that said so. */
    endpoints: string[]
  }
  checks: Check[]
  /** Private fields that the receipt does not show: the names of standard ones, the places of others. A field without a value counts. */
  hidden: string[]
  /** What even a verified report doesn't prove. */
  notProven: readonly string[]
}

/** Said wherever a report is shown; docs/what-is-not-proven.md says more. */
export const notProven = [
  'A recorded inference proves that the owner’s key said so by the time of the settlement and cannot change it. It does not prove that the model ran.',
  'Gap-free means that nothing recorded was removed, not that everything was recorded.',
  'An attested key proves the code that held the key, not what that code asked of others. A replay proves equality on the machine that replayed. A verdict proves who spoke.',
  'Timing, volume and any public model id are visible to all.',
  'What else, check by check and party by party: docs/what-is-not-proven.md',
] as const

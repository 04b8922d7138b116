import type { CheckStatus } from '@assay/sdk/verify'

/** What the command's exit code says; docs/cli.md has the same table. */
export const exitCodes = {
  verified: 0,
  refuted: 1,
  unknown: 2,
  /** Nothing is said about any inference: the input, the policy or the arguments are bad, or the command failed. */
  badInput: 3,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The exit code for a status. */
export const exitCodeOf = (status: CheckStatus): ExitCode => exitCodes[status]

import { type SignedCallKind, signedCallKinds } from '@assay/sdk/relay'
import type { SendingPolicy } from '@assay/sdk/transactions'
import { type Address, isAddress } from 'viem'
import { RelaySettingsError } from './errors.ts'

/**
 * What a relay pays for, for whom, and how much. Default: 100 gwei and 10^17 wei a transaction at most, 64 under way, 60 s until a
 * fee is raised, looked at each second.
 */
export type RelayPolicy = SendingPolicy & {
  /** Accounts in whose name it pays: owners, publishers, registrants, authors. */
  accounts: 'anyone' | readonly Address[]
  /** What it pays for. Default: everything. */
  accepts: readonly ('settleBatches' | SignedCallKind)[]
  /** What may be spent for one account in 24 hours, in wei. Default: 10^16. */
  budgetPerAccount: bigint
  /** Batches and messages of one account in a minute. Default: 60. */
  ratePerAccount: number
  /** Gas of a transaction at most. Default: 16,500,000, a little below EIP-7825's cap. */
  maxGas: bigint
  /** Requests in hand at most. Default: 128. */
  maxRequests: number
  /** How long batches of several requests wait for each other to share a transaction, in ms. Default: 200. */
  gatherMillis: number
}

const defaults: Omit<RelayPolicy, 'accounts'> = {
  accepts: ['settleBatches', ...signedCallKinds],
  budgetPerAccount: 10n ** 16n,
  ratePerAccount: 60,
  maxFeePerGas: 100n * 10n ** 9n,
  maxCost: 10n ** 17n,
  maxGas: 16_500_000n,
  maxPending: 64,
  maxRequests: 128,
  gatherMillis: 200,
  stuckMillis: 60_000,
  pollMillis: 1_000,
}

/** A policy of which all but the accounts has a default. */
export type RelayPolicyOptions = Pick<RelayPolicy, 'accounts'> & {
  [K in keyof typeof defaults]?: RelayPolicy[K] | undefined
}

/**
 * Fills in the defaults.
 *
 * @throws RelaySettingsError
 */
export function resolvePolicy(options: RelayPolicyOptions): RelayPolicy {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  const policy = { ...defaults, ...(Object.fromEntries(given) as Pick<RelayPolicy, 'accounts'>) }
  for (const [name, value] of Object.entries(policy)) {
    const tooSmall =
      typeof value === 'bigint'
        ? value < 0n
        : typeof value === 'number' && !(Number.isSafeInteger(value) && value >= 0)
    if (tooSmall) throw new RelaySettingsError(name, 'must be a whole number from 0')
  }
  const { accounts } = policy
  if (accounts === 'anyone') return policy
  for (const account of accounts) {
    if (!isAddress(account)) throw new RelaySettingsError('accounts', 'holds what is no address')
  }
  return { ...policy, accounts: accounts.map((it) => it.toLowerCase() as Address) }
}

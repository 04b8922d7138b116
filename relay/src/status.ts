import { settlementRequestLimits } from '@assay/sdk/relay'
import type { RelayChain } from './chain.ts'
import type { RelayPolicy } from './policy.ts'

/** What anybody may know of a relay; integers that outgrow JSON's as digits in strings. */
export function statusOf(
  { chainId, contracts, account }: RelayChain,
  policy: RelayPolicy,
  pending: number,
) {
  const { accounts, accepts, maxFeePerGas, maxCost, maxGas } = policy
  const { budgetPerAccount, ratePerAccount, gatherMillis } = policy
  const { maxBytes, maxBatches } = settlementRequestLimits
  return {
    schema: 'assay/relay-status/v1',
    chainId: String(chainId),
    contracts,
    account: account.address,
    // Who is served is between them and the operator.
    accounts: accounts === 'anyone' ? 'anyone' : 'listed',
    accepts,
    maxFeePerGas: String(maxFeePerGas),
    maxCost: String(maxCost),
    maxGas: String(maxGas),
    budgetPerAccount: String(budgetPerAccount),
    ratePerAccount,
    gatherMillis,
    maxBytes,
    maxBatches,
    pending,
  }
}

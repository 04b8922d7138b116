import { contractAbis, type SignedCallKind, signedCalls, accountOfCall } from '@assay/sdk/relay'
import { type Address, decodeFunctionData, type Hex, size } from 'viem'

/** In whose name a transaction spends, and how much of it. */
export type Share = { account: Address; weight: bigint }

/** Gas that a settlement takes whatever its size, and gas for each byte of its data, roughly: what they cost is shared by this. */
const batchGas = 60_000n
const byteGas = 47n

/** The share of one batch. */
export function shareOfBatch(owner: Address, data: Hex): Share {
  return {
    account: owner.toLowerCase() as Address,
    weight: batchGas + byteGas * BigInt(size(data)),
  }
}

type Log = { owner: Address }

/** In whose names a call speaks, read from its bytes alone, so that it can be found out again from the chain. Unknown calls: nobody's. */
export function sharesOf(input: Hex): Share[] {
  for (const abi of Object.values(contractAbis)) {
    try {
      const { functionName, args } = decodeFunctionData({ abi, data: input })
      return sharesOfCall(functionName, args)
    } catch {
      // Another contract's.
    }
  }
  return []
}

function sharesOfCall(functionName: string, args: readonly unknown[]): Share[] {
  if (functionName === 'settleMany') {
    const [batches] = args as [readonly { log: Log; data: Hex }[]]
    return batches.map(({ log, data }) => shareOfBatch(log.owner, data))
  }
  if (functionName === 'settleInlineBySig' || functionName === 'settleExternalBySig') {
    return [shareOfBatch((args[0] as Log).owner, '0x')]
  }
  const kinds = Object.keys(signedCalls) as SignedCallKind[]
  const kind = kinds.find((it) => signedCalls[it].functionName === functionName)
  if (!kind) return []
  // The account is the first argument, or its owner.
  const [first] = args
  const name = signedCalls[kind].account.split('.')[0] as string
  const account = accountOfCall(kind, { [name]: first }).toLowerCase() as Address
  return [{ account, weight: 1n }]
}

/** What each account pays of a cost; what does not divide is the first's. */
export function split(cost: bigint, shares: readonly Share[]): Map<Address, bigint> {
  const whole = shares.reduce((sum, { weight }) => sum + weight, 0n)
  const parts = new Map<Address, bigint>()
  for (const { account, weight } of shares) {
    parts.set(account, (parts.get(account) ?? 0n) + (cost * weight) / whole)
  }
  const told = [...parts.values()].reduce((sum, part) => sum + part, 0n)
  const first = shares[0]?.account
  if (first) parts.set(first, (parts.get(first) ?? 0n) + cost - told)
  return parts
}

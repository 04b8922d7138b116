import type { SignedCallKind } from '@assay/sdk/relay'
import { type Address, isAddressEqual } from 'viem'
import type { Contracts, RelayChain, Tell } from './chain.ts'
import { RelayError } from './errors.ts'
import type { RelayPolicy } from './policy.ts'
import { relayErrorOf } from './problem-response.ts'

/** What is asked of every request before anything else costs time. */
export type Gate = {
  /** @throws RelayError `wrong-chain` */
  checkChain(chainId: number): void
  /** @throws RelayError `wrong-contract` */
  checkContract(name: keyof Contracts, address: Address): void
  /** @throws RelayError `not-accepted` */
  checkAccepted(what: 'settleBatches' | SignedCallKind): void
  /** @throws RelayError `owner-not-served` */
  checkAccount(account: Address): void
  /** Tells the operator. */
  tellRefusal(error: unknown, account?: Address): void
}

export function createGate(chain: RelayChain, policy: RelayPolicy, tell: Tell): Gate {
  const { chainId, contracts } = chain
  const served = policy.accounts === 'anyone' ? undefined : new Set<string>(policy.accounts)
  return {
    checkChain(asked) {
      if (asked === chainId) return
      throw new RelayError('wrong-chain', `The request is for chain ${asked}, not ${chainId}.`)
    },
    checkContract(name, address) {
      if (isAddressEqual(address, contracts[name])) return
      throw new RelayError('wrong-contract', `${name} is ${contracts[name]} here, not ${address}.`)
    },
    checkAccepted(what) {
      if (policy.accepts.includes(what)) return
      throw new RelayError('not-accepted', `This relay does not take ${what}.`)
    },
    checkAccount(account) {
      if (!served || served.has(account.toLowerCase())) return
      throw new RelayError('owner-not-served', `This relay does not serve ${account}.`)
    },
    tellRefusal(error, account) {
      const { code, shortMessage, cause } = relayErrorOf(error)
      const inner = code === 'internal' && cause instanceof Error ? ` ${cause.message}` : ''
      tell({ type: 'refused', code, account, detail: `${shortMessage}${inner}`.slice(0, 300) })
    },
  }
}

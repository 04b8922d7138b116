import { chainState } from './chain-state.ts'
import type { RelayOptions } from './relay.ts'
import type { Submit } from './submit.ts'

export type LateRelayOptions = RelayOptions & { rpcUrl: readonly string[]; chainId: number }

/**
 * `relay(…)`, of which the code is loaded with the first batch: who pays the gas, as most do, never loads it.
 *
 * @param urls - The relays, checked.
 */
export function lateRelay(urls: readonly string[], options: LateRelayOptions): Submit {
  let loaded: Submit | undefined
  // Where code comes over a network, loading may fail, and is tried again with the batch.
  const submit: Submit = async (signed) => {
    loaded ??= (await import('./relay.ts')).relay(urls, options)
    return loaded(signed)
  }
  return Object.assign(submit, chainState(options.rpcUrl, options.chainId, options.finality))
}

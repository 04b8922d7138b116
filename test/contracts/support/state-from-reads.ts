import type { Address, Hex } from 'viem'
import {
  emptyState,
  type Environment,
  type Model,
  type SessionKey,
  type Settlement,
  type State,
} from './contract-state.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** What was ever named in a call, also in one that was refused, so that nothing too much goes unseen. */
export type Named = {
  [K in 'heads' | 'settlements' | 'sessionKeys' | 'models' | 'versions' | 'modelsOf']: Set<string>
} & { environments: Set<string> }

/** The contracts' state by their view functions. Verdicts are in events alone. */
export async function stateFromReads({ read }: SimulatedChain, named: Named): Promise<State> {
  const state = emptyState()
  for (const logId of named.heads as Set<Hex>) {
    const head = await read<bigint>('InferenceLog', 'heads', logId)
    if (head > 0n) state.heads.set(logId, head)
  }
  for (const id of named.settlements) {
    const settlement = await read<Settlement>('InferenceLog', 'settlementOf', ...id.split('/'))
    if (settlement.settledAt > 0n) state.settlements.set(id, settlement)
  }
  for (const id of named.sessionKeys) {
    const key = await read<SessionKey>('InferenceLog', 'sessionKeyOf', ...id.split('/'))
    if (Object.values(key).some((time) => time > 0)) state.sessionKeys.set(id, key)
  }
  for (const id of named.models as Set<Hex>) {
    const model = await read<Model>('ModelRegistry', 'modelOf', id)
    if (model.publishedAt > 0) state.models.set(id, model)
  }
  for (const id of named.versions) {
    const version = JSON.parse(id) as [Address, string, string]
    const modelId = await read<Hex>('ModelRegistry', 'versionOf', ...version)
    if (BigInt(modelId) > 0n) state.versions.set(id, modelId)
  }
  for (const digest of named.modelsOf as Set<Hex>) {
    const ids: Hex[] = []
    const count = await read<bigint>('ModelRegistry', 'modelCountOf', digest)
    // Pages of seven, and one that asks for more than there is.
    for (let offset = 0n; offset <= count; offset += 7n) {
      ids.push(...(await read<Hex[]>('ModelRegistry', 'modelsOf', digest, offset, 7n)))
    }
    if (ids.length > 0) state.modelsOf.set(digest, ids)
  }
  for (const id of named.environments as Set<Hex>) {
    const environment = await read<Environment>('EnvironmentRegistry', 'environmentOf', id)
    if (environment.registeredAt > 0) state.environments.set(id, environment)
  }
  return state
}

import { ContractsModel } from './contracts-model.ts'
import { createLogOperations } from './operations-of-logs.ts'
import { createRegistryOperations, placeVerifiers } from './operations-of-registries.ts'
import { newAccount, type Operation, type World } from './operations.ts'
import { createRandom } from './random.ts'
import type { SimulatedChain } from './simulated-chain.ts'

/** Four accounts and the verifiers, on a chain where nothing has happened yet. */
export async function createWorld(chain: SimulatedChain, seed: number): Promise<World> {
  const sets = ['heads', 'settlements', 'sessionKeys', 'models', 'versions', 'modelsOf'] as const
  const named = Object.fromEntries(
    [...sets, 'environments'].map((name) => [name, new Set<string>()]),
  ) as World['named']
  const world: World = {
    ...{ chain, random: createRandom(seed), model: new ContractsModel(), named, accounts: [] },
  }
  for (let i = 0; i < 4; i++) world.accounts.push(await newAccount(world))
  await placeVerifiers(world)
  // Later than any clock that the chain may begin with, and the same in each run.
  world.model.now = 4_000_000_000
  return world
}

/** Random operations on all four contracts, one after another. */
export function createOperations(world: World): () => Promise<Operation> {
  const log = createLogOperations(world)
  const registries = createRegistryOperations(world)
  const makers = {
    ...{ authorize: log.authorize, revokeSessionKey: log.revokeSessionKey, skip: log.skip },
    ...{ reportKey: log.reportCompromise, settle: log.settle, settleMany: log.settleMany },
    ...{ publish: registries.publish, retire: registries.retire, register: registries.register },
    ...{ revoke: registries.revoke, reportEnvironment: registries.reportCompromise },
    ...{ post: registries.post, withdraw: registries.withdraw },
  }
  const weights: Record<keyof typeof makers, number> = {
    ...{ authorize: 14, revokeSessionKey: 2, reportKey: 6, settle: 30, settleMany: 12, skip: 6 },
    ...{ publish: 8, retire: 4, register: 10, revoke: 3, reportEnvironment: 5 },
    ...{ post: 6, withdraw: 5 },
  }
  return () => makers[world.random.weighted(weights)]()
}

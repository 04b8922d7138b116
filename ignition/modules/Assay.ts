import { buildModule } from '@nomicfoundation/hardhat-ignition/modules'

/** Every contract of Assay by its key in `deployments/<chainId>.json`. None takes a constructor argument or knows another. */
export const contractNames = {
  modelRegistry: 'ModelRegistry',
  environmentRegistry: 'EnvironmentRegistry',
  inferenceLog: 'InferenceLog',
  verdictRegistry: 'VerdictRegistry',
} as const

/** Key of a contract in `deployments/<chainId>.json`. */
export type ContractKey = keyof typeof contractNames

/**
 * The Ignition module of some of the contracts. `deployAssay` asks for those that a chain lacks; the default export has them all.
 *
 * @param keys - Which contracts.
 */
export function assayModule(keys: readonly ContractKey[]) {
  return buildModule('Assay', (m) =>
    Object.fromEntries(keys.map((key) => [key, m.contract(contractNames[key])])),
  )
}

export default assayModule(Object.keys(contractNames) as ContractKey[])

import type { Address, Hex } from 'viem'
import { modelRegistryAbi } from '../generated/abi.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type RetireModelParameters = {
  modelId: Hex
  /** In plain words, for people. */
  reason: string
  /** Default: the deployment on the client's chain. */
  modelRegistry?: Address | undefined
}

/**
 * Marks a model of the client's account as no longer to be used, once and for good.
 *
 * @returns Hash of the transaction.
 * @throws ContractRefusalError if the account did not publish it, or it is retired already.
 */
export function retireModel(client: WriteClient, parameters: RetireModelParameters): Promise<Hex> {
  return write(client, 'modelRegistry', {
    address: addressOf(client, 'modelRegistry', parameters.modelRegistry),
    abi: modelRegistryAbi,
    functionName: 'retire',
    args: [parameters.modelId, parameters.reason],
  })
}

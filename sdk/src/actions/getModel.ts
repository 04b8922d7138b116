import type { Address, Hex } from 'viem'
import { modelRegistryModelOf } from '../generated/reads.ts'
import { addressOf, type ReadClient } from './contract.ts'
import { read } from './read.ts'

/** A published version of a model. Times in Unix seconds. */
export type Model = {
  publisher: Address
  publishedAt: number
  retiredAt: number | undefined
  /** SHA-256 of the manifest. */
  manifestDigest: Hex
  /** Root digest of the OpenSSF model signing, or zero. */
  signingRoot: Hex
}

export type GetModelParameters = {
  modelId: Hex
  /** Default: the latest block. */
  blockNumber?: bigint | undefined
  /** Default: the deployment on the client's chain. */
  modelRegistry?: Address | undefined
}

/**
 * A published model.
 *
 * @returns Undefined if it was not published.
 * @throws RpcUnreachableError, NoContractError
 */
export async function getModel(
  client: ReadClient,
  parameters: GetModelParameters,
): Promise<Model | undefined> {
  const model = await read<Omit<Model, 'retiredAt'> & { retiredAt: number }>(
    client,
    'modelRegistry',
    {
      address: addressOf(client, 'modelRegistry', parameters.modelRegistry),
      function: modelRegistryModelOf,
      args: [parameters.modelId],
      blockNumber: parameters.blockNumber,
    },
  )
  return model.publishedAt === 0 ? undefined : { ...model, retiredAt: model.retiredAt || undefined }
}

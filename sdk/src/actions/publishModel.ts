import { type Address, type Hex, zeroHash } from 'viem'
import { modelRegistryAbi } from '../generated/abi.ts'
import { modelIdOf } from '../formats/inference.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type PublishModelParameters = {
  name: string
  version: string
  /** SHA-256 of the manifest. */
  manifestDigest: Hex
  /** Root digest of the OpenSSF model signing of the same files. Default: none. */
  signingRoot?: Hex | undefined
  /** Where the files can be had; a hint that nothing binds. Default: none. */
  uri?: string | undefined
  /** Default: the deployment on the client's chain. */
  modelRegistry?: Address | undefined
}

/**
 * Publishes a version of a model in the name of the client's account.
 *
 * @returns The model's id, and the hash of the transaction.
 * @throws ContractRefusalError if this name and version are taken by the account already.
 */
export async function publishModel(
  client: WriteClient,
  parameters: PublishModelParameters,
): Promise<{ modelId: Hex; transactionHash: Hex }> {
  const { name, version, manifestDigest, signingRoot = zeroHash, uri = '' } = parameters
  const transactionHash = await write(client, 'modelRegistry', {
    address: addressOf(client, 'modelRegistry', parameters.modelRegistry),
    abi: modelRegistryAbi,
    functionName: 'publish',
    args: [{ name, version, manifestDigest, signingRoot, uri }],
  })
  const publisher = client.account.address
  return { modelId: modelIdOf({ publisher, name, version, manifestDigest }), transactionHash }
}

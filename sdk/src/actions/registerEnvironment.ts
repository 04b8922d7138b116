import { type Address, type Hex, zeroAddress } from 'viem'
import { getChainId } from 'viem/actions'
import { environmentRegistryAbi } from '../generated/abi.ts'
import {
  encodeKind,
  type EnvironmentClaim,
  environmentIdOf,
  environmentKeyTypedData,
  keyTypes,
} from '../formats/environment.ts'
import { addressOf, write, type WriteClient } from './contract.ts'
import { verifierErrors } from './verifierErrors.ts'

export type RegisterEnvironmentParameters = EnvironmentClaim & {
  /** Last second in which the environment is valid, in Unix seconds. */
  validUntil: number
  /**
   * Signs for a `secp256k1` or `p256` key, to show that the registrant holds it: what `environmentKeyTypedData` gives, as
   * viem's accounts do for secp256k1 (r, s, v); for p256 r and s over the SHA-256 of the EIP-712 digest. Other types need none.
   */
  proveKey?: ((typedData: ReturnType<typeof environmentKeyTypedData>) => Promise<Hex>) | undefined
  /** On-chain verifier that has to vouch for the registration. Default: none. */
  verifier?: Address | undefined
  /** What the verifier needs. Default: nothing. */
  statement?: Hex | undefined
  /** Where the archived document can be had; a hint that nothing binds. Default: none. */
  uri?: string | undefined
  /** Default: the deployment on the client's chain. */
  environmentRegistry?: Address | undefined
}

/**
 * Registers an environment in the name of the client's account.
 *
 * @returns The environment's id, and the hash of the transaction.
 * @throws ContractRefusalError, such as for a key that did not sign, an environment that is registered already, or a statement that
 * the verifier does not take.
 */
export async function registerEnvironment(
  client: WriteClient,
  parameters: RegisterEnvironmentParameters,
): Promise<{ environmentId: Hex; transactionHash: Hex }> {
  const { validUntil, proveKey, verifier = zeroAddress, statement = '0x', uri = '' } = parameters
  const address = addressOf(client, 'environmentRegistry', parameters.environmentRegistry)
  const chainId = client.chain?.id ?? (await getChainId(client))
  const environmentId = environmentIdOf(parameters, {
    chainId,
    environmentRegistry: address,
    registrant: client.account.address,
  })
  const proof = await proveKey?.(environmentKeyTypedData(environmentId, chainId, address))
  const registration = {
    kind: encodeKind(parameters.kind),
    measurement: parameters.measurement,
    keyType: keyTypes[parameters.keyType],
    key: parameters.key,
    attestationDigest: parameters.attestationDigest,
    validUntil,
    verifier,
    uri,
  }
  const transactionHash = await write(client, 'environmentRegistry', {
    address,
    abi: [...environmentRegistryAbi, ...verifierErrors],
    functionName: 'register',
    args: [registration, proof ?? '0x', statement],
  })
  return { environmentId, transactionHash }
}

import { randomBytes } from 'node:crypto'
import { registerEnvironment } from '@assay/sdk'
import { type Address, createWalletClient, type Hex, http, toHex, zeroHash } from 'viem'
import { privateKeyToAccount } from 'viem/accounts'
import { hardhat } from 'viem/chains'
import { accountOf } from '../../indexer/support/chain.ts'
import { farFuture, type Session } from './session.ts'

export type Registered = { environmentId: Hex; measurement: Hex; registrant: Address }

/** Registers an environment that holds a key, in the name of the session's owner unless another account is named. */
export async function register(
  { chain }: Session,
  key: Hex,
  options: {
    kind?: string
    validUntil?: number
    verifier?: Address
    account?: ReturnType<typeof accountOf>
  } = {},
): Promise<Registered> {
  const { kind = 'none', validUntil = farFuture, verifier, account = accountOf(1) } = options
  const client = createWalletClient({ account, chain: hardhat, transport: http(chain.rpcUrl) })
  const holder = privateKeyToAccount(key)
  const measurement = toHex(randomBytes(32))
  const { environmentId, transactionHash } = await registerEnvironment(client, {
    ...{ kind, measurement, validUntil, verifier },
    ...{ keyType: 'secp256k1', key: holder.publicKey, attestationDigest: zeroHash },
    proveKey: (typedData) => holder.signTypedData(typedData),
    environmentRegistry: chain.addresses.environmentRegistry,
  })
  await chain.mined(transactionHash)
  return { environmentId, measurement, registrant: account.address }
}

/**
 * Deploys a contract that vouches for every attestation, as anybody may: whether it is believed is up to a policy. Its code is
 * MSTORE(0, 1), RETURN(0, 32).
 */
export async function deployCredulousVerifier({ chain }: Session): Promise<Address> {
  const runtime = '600160005260206000f3'
  const bytecode: Hex = `0x69${runtime}600052600a6016f3`
  const hash = await chain.client.deployContract({ abi: [], bytecode })
  return (await chain.mined(hash)).contractAddress as Address
}

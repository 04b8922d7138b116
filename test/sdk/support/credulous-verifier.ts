import type { Address } from 'viem'
import type { LocalChain } from '../../indexer/support/chain.ts'

/**
 * Deploys a contract that vouches for every attestation, as anybody may: whether it is believed is up to a policy. The init code
 * returns `PUSH1 1 PUSH0 MSTORE PUSH1 32 PUSH0 RETURN`.
 */
export async function deployCredulousVerifier({ client, mined }: LocalChain): Promise<Address> {
  const hash = await client.sendTransaction({ data: '0x6760015f5260205ff35f5260086018f3' })
  return (await mined(hash)).contractAddress as Address
}

import { readFile } from 'node:fs/promises'
import { attesterQuorumAbi } from '@assay/sdk/abi'
import { type Address, getAddress, type Hex, toHex } from 'viem'
import type { startChain } from '../../indexer/support/chain.ts'

/** Deploys a verifier of attesters, who come in ascending order of their accounts. */
export async function deployQuorum(
  { client }: Pick<Awaited<ReturnType<typeof startChain>>, 'client'>,
  attesters: readonly { account: Address; name: string }[],
  threshold: bigint,
): Promise<Address> {
  const path = '../../../artifacts/contracts/verifiers/AttesterQuorum.sol/AttesterQuorum.json'
  const artifact = await readFile(new URL(path, import.meta.url), 'utf8')
  const { bytecode } = JSON.parse(artifact) as { bytecode: Hex }
  const named = attesters.map(({ account, name }) => ({ account, name: toHex(name, { size: 32 }) }))
  const args = [named, threshold] as const
  const hash = await client.deployContract({ abi: attesterQuorumAbi, bytecode, args })
  const { contractAddress } = await client.waitForTransactionReceipt({ hash })
  return getAddress(contractAddress as Address)
}

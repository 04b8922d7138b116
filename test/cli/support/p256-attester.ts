import { readFile } from 'node:fs/promises'
import { p256AttesterAbi } from '@assay/sdk/abi'
import { type Address, getAddress, type Hex, slice, toHex } from 'viem'
import type { startChain } from '../../indexer/support/chain.ts'

/** Deploys a verifier of one P-256 key. @param key - Its SEC 1 uncompressed point. */
export async function deployP256Attester(
  { client }: Pick<Awaited<ReturnType<typeof startChain>>, 'client'>,
  key: Hex,
  name: string,
): Promise<Address> {
  const path = '../../../artifacts/contracts/verifiers/P256Attester.sol/P256Attester.json'
  const artifact = await readFile(new URL(path, import.meta.url), 'utf8')
  const { bytecode } = JSON.parse(artifact) as { bytecode: Hex }
  const args = [toHex(name, { size: 32 }), slice(key, 1, 33), slice(key, 33)] as const
  const hash = await client.deployContract({ abi: p256AttesterAbi, bytecode, args })
  const { contractAddress } = await client.waitForTransactionReceipt({ hash })
  return getAddress(contractAddress as Address)
}

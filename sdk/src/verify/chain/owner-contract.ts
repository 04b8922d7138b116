import { encodeFunctionData, numberToHex } from 'viem'
import type { Subject } from '../subject.ts'
import type { ChainReader } from './chain-reader.ts'
import { isRevert } from './revert.ts'

const isValidSignature = {
  type: 'function',
  name: 'isValidSignature',
  stateMutability: 'view',
  inputs: [
    { name: 'hash', type: 'bytes32' },
    { name: 'signature', type: 'bytes' },
  ],
  outputs: [{ name: 'magicValue', type: 'bytes4' }],
} as const

/** What a contract answers that accepts a signature: the value of ERC-1271, padded to a word. */
const accepted = `0x1626ba7e${'0'.repeat(56)}`

/**
 * Whether the owner's contract accepts the batch signature (ERC-1271).
 *
 * @throws what a call that was not answered leads to: only a contract that is not there, or refuses, does not accept.
 */
export async function isAcceptedByOwner(
  { client, block }: ChainReader,
  { place, batchDigest, receipt }: Subject,
): Promise<boolean> {
  const args = [batchDigest, receipt.batch.signature] as const
  const data = encodeFunctionData({ abi: [isValidSignature], args })
  try {
    const call = [{ to: place.owner, data }, numberToHex(block.number)] as const
    return (await client.request({ method: 'eth_call', params: [...call] })) === accepted
  } catch (error) {
    if (isRevert(error)) return false
    throw error
  }
}

import { encodeFunctionData, numberToHex } from 'viem'
import { BaseError } from '../../errors/base.ts'
import type { Subject } from '../subject.ts'
import type { ChainReader } from './chain-reader.ts'

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
    if (error instanceof BaseError && error.walk(isRevert)) return false
    throw error
  }
}

/** Nodes say so by code 3, some by words alone. */
function isRevert(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return ('code' in error && error.code === 3) || /\brevert/i.test(error.message)
}

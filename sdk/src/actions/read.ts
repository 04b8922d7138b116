import {
  type AbiFunction,
  type Address,
  type BlockTag,
  decodeFunctionResult,
  encodeFunctionData,
  type Hex,
  isHex,
  numberToHex,
} from 'viem'
import { NoContractError, RpcUnreachableError } from '../errors/chain.ts'
import type { ContractName, ReadClient } from './contract.ts'
import { explainRpc } from './rpc-failure.ts'

/** A view function that is called, and the block of which it is asked. */
export type ReadCall = {
  address: Address
  /** From `generated/reads.ts`. */
  function: AbiFunction
  args: readonly unknown[]
  blockNumber?: bigint | undefined
  blockTag?: BlockTag | undefined
}

/**
 * Calls a view function, at a block if one is given. Asks by `eth_call` itself: viem's `readContract` would bring twice the code
 * into a bundle, and the answers of hostile endpoints are checked here anyway.
 *
 * @throws RpcUnreachableError if there is no usable answer, NoContractError if no contract is there.
 */
export async function read<T>(
  client: Pick<ReadClient, 'request'>,
  contract: ContractName,
  call: ReadCall,
): Promise<T> {
  const { address, function: item, args, blockNumber, blockTag = 'latest' } = call
  const data = encodeFunctionData({ abi: [item], args })
  const block = blockNumber === undefined ? blockTag : numberToHex(blockNumber)
  const answer = await client
    .request({ method: 'eth_call', params: [{ to: address, data }, block] })
    .catch((error: unknown) => {
      throw explainRpc(error, contract)
    })
  if (answer === '0x') throw new NoContractError(contract, address)
  return decode(item, answer) as T
}

function decode(item: AbiFunction, answer: Hex): unknown {
  if (!isHex(answer)) throw new RpcUnreachableError(undefined)
  try {
    return decodeFunctionResult({ abi: [item], data: answer })
  } catch (cause) {
    throw new RpcUnreachableError(undefined, { cause })
  }
}

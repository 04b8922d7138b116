import type { Hex } from 'viem'
import type { AnySignedCall } from '../relay/signed-call.ts'
import { abiOfCall, signedCallFunction, signedCalls } from '../relay/signed-calls.ts'
import { write, type WriteClient } from './contract.ts'

/**
 * Hands in what another account has signed; the client's account pays.
 *
 * @returns Hash of the transaction.
 * @throws ContractRefusalError, such as for a signature that was used before, or by an environment's verifier.
 */
export function submitSignedCall(client: WriteClient, call: AnySignedCall): Promise<Hex> {
  const { contract, functionName } = signedCalls[call.kind]
  const values = call.arguments
  return write(client, contract, {
    address: call.contract,
    abi: abiOfCall(call.kind),
    functionName,
    args: signedCallFunction(call.kind).inputs.map(({ name }) => values[name]),
  })
}

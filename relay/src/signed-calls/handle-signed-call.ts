import {
  abiOfCall,
  accountOfCall,
  explainFailure,
  parseSignedCall,
  type SignedCallAnswer,
  signedCallFunction,
  type SignedCallKind,
  signedCalls,
} from '@assay/sdk/relay'
import type { Sent } from '@assay/sdk/transactions'
import { type Address, encodeFunctionData, type Hex } from 'viem'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { readJsonText } from '../request-body.ts'
import { within } from '../within.ts'
import type { SendSignedCall } from './send-signed-call.ts'

/** Parts that a signed call passes. */
export type SignedCallParts = {
  chain: RelayChain
  gate: Gate
  send: SendSignedCall
  /** By the bytes of the call: the same one handed in again joins the first. */
  inFlight: Map<Hex, Promise<Sent>>
}

const maxBytes = 2 ** 20

/**
 * Hands in what an account has signed.
 *
 * @param waitMillis - How long to wait for the chain.
 * @throws RelayError, InvalidInputError, ContractRefusalError, RpcUnreachableError
 */
export async function handleSignedCall(
  kind: SignedCallKind,
  request: Request,
  waitMillis: number,
  { gate, chain, send, inFlight }: SignedCallParts,
): Promise<SignedCallAnswer> {
  const signed = parseSignedCall(kind, await readJsonText(request, maxBytes))
  const { contract, functionName } = signedCalls[kind]
  gate.checkChain(signed.chainId)
  gate.checkContract(contract, signed.contract)
  gate.checkAccepted(kind)
  const values: Record<string, unknown> = signed.arguments
  const account = accountOfCall(kind, values).toLowerCase() as Address
  const args = signedCallFunction(kind).inputs.map(({ name }) => values[name])
  const abi = abiOfCall(kind)
  const to = chain.contracts[contract]
  const data = encodeFunctionData({ abi, functionName, args })
  try {
    gate.checkAccount(account)
    let sent = inFlight.get(data)
    if (!sent) {
      sent = send({ account, to, data, abi, functionName, args })
      inFlight.set(data, sent)
      const end = () => inFlight.delete(data)
      sent.then(({ mined }) => mined.finally(end)).catch(end)
    }
    return await answerOf(await sent, waitMillis)
  } catch (error) {
    const explained = explainFailure(error, contract, to)
    gate.tellRefusal(explained, account)
    throw explained
  }
}

async function answerOf(sent: Sent, waitMillis: number): Promise<SignedCallAnswer> {
  const mined = waitMillis > 0 ? await within(waitMillis, sent.mined) : undefined
  if (!mined) return { status: 'sent', transactionHash: sent.hash }
  if (mined.receipt.status === 'success') return { status: 'mined', transactionHash: mined.hash }
  throw new RelayError('refused', 'The transaction was mined and failed.')
}

import { getAbiItem, type Hex } from 'viem'
import { readContract } from 'viem/actions'
import { RelayDeviationError } from '../errors/relay.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import { logIdOf } from '../formats/inference.ts'
import { hashOfAnswer } from '../relay/answers.ts'
import { postToRelay } from '../relay/post.ts'
import { formatSignedCall, type AnySignedCall } from '../relay/signed-call.ts'
import { accountOfCall, contractAbis, signedCalls } from '../relay/signed-calls.ts'
import type { ReadClient } from './contract.ts'
import { getHead } from './getHead.ts'
import { explain } from './refusal.ts'

export type RelaySignedCallParameters = {
  call: AnySignedCall
  /** Address of the relay. */
  url: string
  /** How long it may take until the chain shows the effect, in ms. Default: 60,000. */
  timeoutMillis?: number | undefined
  /** Sent along. Default: none. */
  headers?: Record<string, string> | undefined
}

const pollMillis = 250

/**
 * Has a relay hand in, and pay for, what an account has signed; comes back once the chain, asked by the client, shows that the
 * signature was used. The relay is believed in nothing.
 *
 * @returns The transaction that the relay names, which is its word; undefined if it names none.
 * @throws RelayRefusalError, RelayUnreachableError, RelayDeviationError if it says that it did and the chain does not show it.
 */
export async function relaySignedCall(
  client: ReadClient,
  parameters: RelaySignedCallParameters,
): Promise<{ transactionHash: Hex | undefined }> {
  const { call, url, timeoutMillis = 60_000, headers } = parameters
  const { contract, path } = signedCalls[call.kind]
  const end = performance.now() + timeoutMillis
  try {
    const answer = await postToRelay(url, path, formatSignedCall(call), { timeoutMillis, headers })
    while (!(await isUsed(client, call))) {
      if (performance.now() > end) throw new RelayDeviationError(url, 'did-nothing')
      await new Promise((again) => setTimeout(again, pollMillis))
    }
    return { transactionHash: hashOfAnswer(answer) }
  } catch (error) {
    throw explain(error, contract, call.contract)
  }
}

/** Whether the nonce, or of a skip the place, is used up: nothing but what the account signed for it can have done that. */
async function isUsed(client: ReadClient, call: AnySignedCall): Promise<boolean> {
  const args = call.arguments
  const { chainId, contract } = call
  if (call.kind === 'skipInferences') {
    const key = args.key as InferenceLogKey
    const logId = logIdOf({ ...key, chainId, inferenceLog: contract })
    const head = await getHead(client, { logId, inferenceLog: contract })
    return head >= (args.first as bigint) + BigInt(args.count as number)
  }
  const next = await readContract(client, {
    address: contract,
    abi: [getAbiItem({ abi: contractAbis[signedCalls[call.kind].contract], name: 'nonces' })],
    functionName: 'nonces',
    args: [accountOfCall(call.kind, args)],
  })
  return next > (args.nonce as bigint)
}

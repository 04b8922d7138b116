import {
  type Account,
  type Address,
  type Chain,
  type Client,
  getAbiItem,
  type Transport,
} from 'viem'
import { getChainId, readContract, signTypedData } from 'viem/actions'
import { callTypedData, type SignedCall } from '../relay/signed-call.ts'
import {
  contractAbis,
  type SignedCallArguments,
  signedCallFunction,
  type SignedCallKind,
  signedCalls,
} from '../relay/signed-calls.ts'
import { addressOf } from './contract.ts'
import { explain } from './refusal.ts'

/** What is filled in where it is not given. */
type Filled = 'nonce' | 'deadline' | 'signature' | 'owner' | 'publisher' | 'registrant' | 'author'

export type SignCallParameters<K extends SignedCallKind> = {
  /** What to sign, named as the action that does the same by a transaction. */
  kind: K
  /** Arguments of the contract's function. The account is the client's, the nonce the account's next in that contract. */
  arguments: Omit<SignedCallArguments<K>, Filled> & {
    nonce?: bigint | undefined
    /** Last second in which the signature may be used, in Unix seconds. Default: an hour from now. */
    deadline?: bigint | undefined
  }
  /** Address of the contract that takes it. Default: the deployment on the client's chain. */
  contract?: Address | undefined
}

const hour = 3_600

/**
 * Has the client's account sign a call, for anybody to hand in: a relay (`relaySignedCall`), or whoever pays (`submitSignedCall`).
 * The account needs no coin and sends nothing.
 *
 * @throws RpcUnreachableError, NoContractError where the nonce is read; what the account throws if it does not sign.
 * @example
 * const call = await signCall(client, {
 *   kind: 'authorizeSessionKey',
 *   arguments: { sessionKey, expiresAt },
 * })
 */
export async function signCall<K extends SignedCallKind>(
  client: Client<Transport, Chain | undefined, Account>,
  parameters: SignCallParameters<K>,
): Promise<SignedCall<K>> {
  const { kind } = parameters
  const name = signedCalls[kind].contract
  const contract = addressOf(client, name, parameters.contract)
  const chainId = client.chain?.id ?? (await getChainId(client))
  const account = client.account.address
  const { nonce, deadline, ...given } = parameters.arguments
  const values: Record<string, unknown> = {
    ...given,
    owner: account,
    publisher: account,
    registrant: account,
    author: account,
    deadline: deadline ?? BigInt(Math.floor(Date.now() / 1000) + hour),
    nonce: nonce ?? (await nonceOf(client, name, contract, account, kind)),
  }
  const names = signedCallFunction(kind).inputs.map((input) => input.name)
  const pick = (list: readonly string[]) =>
    Object.fromEntries(list.map((it) => [it, values[it]] as const)) as SignedCallArguments<K>
  const unsigned = {
    kind,
    chainId,
    contract,
    arguments: pick(names.filter((it) => it !== 'signature')),
  }
  const typedData = callTypedData(unsigned)
  values.signature = await signTypedData(client, { ...typedData, account: client.account })
  return { ...unsigned, arguments: pick(names) }
}

/** A skip has none: the head it names only moves on. */
async function nonceOf(
  client: Client,
  name: keyof typeof contractAbis,
  address: Address,
  account: Address,
  kind: SignedCallKind,
): Promise<bigint> {
  if (kind === 'skipInferences') return 0n
  try {
    return await readContract(client, {
      address,
      abi: [getAbiItem({ abi: contractAbis[name], name: 'nonces' })],
      functionName: 'nonces',
      args: [account],
    })
  } catch (error) {
    throw explain(error, name, address)
  }
}

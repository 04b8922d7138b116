import {
  abiOfCall,
  type AnySignedCall,
  contractAbis,
  signedCallFunction,
  type SignedCallKind,
  signedCalls,
} from '@assay/sdk/relay'
import type { Address } from 'viem'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import type { OpenChain } from '../settings/chain.ts'
import { chainNow } from '../settings/now.ts'

/** Something that the owner is to say: by a transaction, or by a signature that somebody hands in. */
export type OwnerCall = {
  kind: SignedCallKind
  /** What it says, for the one who is asked. */
  scope(account: Address): readonly (readonly [string, string])[]
  /** Arguments of the contract's function but for account, nonce, deadline and signature. */
  arguments(account: Address): Record<string, unknown> | Promise<Record<string, unknown>>
}

/** Shows what is to be said, to the one who says it. */
export async function showScope(
  call: OwnerCall,
  account: Address,
  terminal: Terminal,
): Promise<void> {
  await terminal.note(table(call.scope(account), terminal))
}

/** The transaction by which an account says it itself. */
export function transactionOf(
  kind: SignedCallKind,
  place: OpenChain,
  said: Record<string, unknown>,
) {
  const { contract, functionName: bySig } = signedCalls[kind]
  const functionName = bySig.replace(/BySig$/, '')
  const abi = abiOfCall(kind)
  const item = abi.find((it) => it.type === 'function' && it.name === functionName)
  const inputs = item?.type === 'function' ? item.inputs : []
  const args = inputs.map(({ name = '' }) => said[name])
  return { address: place.contract(contract), abi, functionName, args }
}

/**
 * What an account signs instead, less the signature, with its next nonce.
 *
 * @param seconds - How long the signature may be used.
 */
export async function unsignedCall(
  call: OwnerCall,
  place: OpenChain,
  account: Address,
  said: Record<string, unknown>,
  seconds: bigint,
): Promise<AnySignedCall> {
  const { contract, account: member } = signedCalls[call.kind]
  const nonce = await place.client.readContract({
    address: place.contract(contract),
    abi: contractAbis[contract],
    functionName: 'nonces',
    args: [account],
  })
  const deadline = (await chainNow(place)) + seconds
  return callWith(call, place, { ...said, [member]: account, nonce, deadline })
}

/** A call with all of its arguments but the signature. */
export function callWith(
  { kind }: OwnerCall,
  place: OpenChain,
  values: Record<string, unknown>,
): AnySignedCall {
  const names = signedCallFunction(kind).inputs.map(({ name }) => name)
  return {
    kind,
    chainId: place.chainId,
    contract: place.contract(signedCalls[kind].contract),
    arguments: Object.fromEntries(
      names.filter((name) => name !== 'signature').map((name) => [name, values[name]] as const),
    ),
  }
}

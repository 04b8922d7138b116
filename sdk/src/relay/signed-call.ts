import type { Address, TypedDataDefinition } from 'viem'
import { InvalidInputError } from '../errors/input.ts'
import { domainOf } from '../formats/batch.ts'
import { environmentIdOf, type KeyType, keyTypes } from '../formats/environment.ts'
import { logIdOf, type InferenceLogKey } from '../formats/inference.ts'
import { digits, hexOf, objectOf, type Refuse } from '../formats/shape.ts'
import { parseStrictJson } from '../formats/strict-json.ts'
import { jsonOfValues, valuesOfJson } from './abi-json.ts'
import {
  signedCallFunction,
  type SignedCallArguments,
  type SignedCallKind,
  signedCalls,
  verdictMembers,
} from './signed-calls.ts'

/** What an account has signed, for anybody to hand in. */
export type SignedCall<K extends SignedCallKind> = {
  kind: K
  chainId: number
  /** The contract that takes it. */
  contract: Address
  /** Arguments of the contract's function, by their names; the signature is one of them. */
  arguments: SignedCallArguments<K>
}

/** A signed call of any kind. */
export type AnySignedCall = Omit<SignedCall<SignedCallKind>, 'arguments'> & {
  arguments: Record<string, unknown>
}

const limits = { maxLength: 2 ** 20, maxDepth: 6, maxValues: 2_000 }
const refuse: Refuse = (path, problem, options) =>
  new InvalidInputError('signed call', path, problem, { docsPath: 'relay.md#messages', ...options })
const outer = objectOf({ chainId: digits(53), contract: hexOf(20), arguments: () => {} })

/** A signed call as JSON, which a relay takes at the path of its kind. */
export function formatSignedCall(call: AnySignedCall): string {
  return JSON.stringify({
    chainId: String(call.chainId),
    contract: call.contract.toLowerCase(),
    arguments: jsonOfValues(signedCallFunction(call.kind).inputs, call.arguments),
  })
}

/**
 * Reads a signed call. Whether the signature is good, the contract says.
 *
 * @param text - JSON, not trusted.
 * @throws InvalidInputError
 */
export function parseSignedCall<K extends SignedCallKind>(kind: K, text: string): SignedCall<K> {
  const json = parseStrictJson(text, refuse, limits)
  outer(json, '', refuse)
  const { chainId, contract, arguments: given } = json as Record<string, unknown>
  const args = valuesOfJson(signedCallFunction(kind).inputs, given, refuse)
  return {
    kind,
    chainId: Number(chainId),
    contract: contract as Address,
    arguments: args as SignedCallArguments<K>,
  }
}

/**
 * What the account signs for a call (EIP-712), in the form that viem's accounts and `eth_signTypedData_v4` take.
 *
 * @param call - The signature among its arguments is not looked at, and may be missing.
 *
 * @example
 * const signature = await account.signTypedData(callTypedData(call))
 */
export function callTypedData(call: AnySignedCall): TypedDataDefinition {
  const { primaryType, members } = signedCalls[call.kind]
  const values = messageOf(call)
  return {
    domain: domainOf(call.chainId, call.contract),
    types: {
      [primaryType]: members,
      ...(call.kind === 'postVerdicts' ? { Verdict: verdictMembers } : {}),
    },
    primaryType,
    message: Object.fromEntries(members.map(({ name }) => [name, values[name]])),
  }
}

/** Arguments and what follows from them: structs are signed member by member, or by the id that they give. */
function messageOf(call: AnySignedCall): Record<string, unknown> {
  const { kind, chainId, contract, arguments: args } = call
  switch (kind) {
    case 'skipInferences': {
      const key = args.key as InferenceLogKey
      return { ...args, logId: logIdOf({ ...key, chainId, inferenceLog: contract }) }
    }
    case 'publishModel':
      return { ...args, ...(args.publication as object) }
    case 'registerEnvironment': {
      const registration =
        args.registration as SignedCallArguments<'registerEnvironment'>['registration']
      const keyType = Object.keys(keyTypes)[registration.keyType] as KeyType | undefined
      if (!keyType) throw refuse('arguments.registration.keyType', 'is no type of a key')
      const claim = { ...registration, keyType }
      const registrant = args.registrant as Address
      const place = { chainId, environmentRegistry: contract, registrant }
      return { ...args, ...registration, environmentId: environmentIdOf(claim, place) }
    }
    default:
      return args
  }
}

import type { Abi, AbiParameterToPrimitiveType, Address } from 'viem'
import { verifierErrors } from '../actions/verifierErrors.ts'
import {
  environmentRegistryAbi,
  inferenceLogAbi,
  modelRegistryAbi,
  verdictRegistryAbi,
} from '../generated/abi.ts'

/** ABIs by the names that deployments use. */
export const contractAbis = {
  modelRegistry: modelRegistryAbi,
  environmentRegistry: environmentRegistryAbi,
  inferenceLog: inferenceLogAbi,
  verdictRegistry: verdictRegistryAbi,
} as const

const member = (list: string) =>
  list.split(',').map((entry) => {
    const [type = '', name = ''] = entry.split(' ')
    return { type, name }
  })

/**
 * What an account can say by its signature alone, named as the action that does the same by a transaction: the contract's function,
 * the EIP-712 message that it asks for, the function's argument that names the account, and where a relay takes it.
 */
export const signedCalls = {
  authorizeSessionKey: {
    contract: 'inferenceLog',
    functionName: 'authorizeBySig',
    account: 'owner',
    path: 'authorizations',
    primaryType: 'SessionKeyAuthorization',
    members: member(
      'address owner,address sessionKey,uint48 expiresAt,uint256 nonce,uint256 deadline',
    ),
  },
  revokeSessionKey: {
    contract: 'inferenceLog',
    functionName: 'revokeSessionKeyBySig',
    account: 'owner',
    path: 'revocations',
    primaryType: 'SessionKeyRevocation',
    members: member('address owner,address sessionKey,uint256 nonce,uint256 deadline'),
  },
  reportSessionKeyCompromise: {
    contract: 'inferenceLog',
    functionName: 'reportCompromiseBySig',
    account: 'owner',
    path: 'compromises',
    primaryType: 'SessionKeyCompromise',
    members: member('address owner,address sessionKey,uint48 since,uint256 nonce,uint256 deadline'),
  },
  skipInferences: {
    contract: 'inferenceLog',
    functionName: 'skipBySig',
    account: 'key.owner',
    path: 'skips',
    primaryType: 'Skip',
    members: member('bytes32 logId,uint64 first,uint32 count,uint256 deadline'),
  },
  publishModel: {
    contract: 'modelRegistry',
    functionName: 'publishBySig',
    account: 'publisher',
    path: 'models',
    primaryType: 'ModelPublication',
    members: member(
      'address publisher,string name,string version,bytes32 manifestDigest,bytes32 signingRoot,string uri,uint256 nonce,uint256 deadline',
    ),
  },
  retireModel: {
    contract: 'modelRegistry',
    functionName: 'retireBySig',
    account: 'publisher',
    path: 'model-retirements',
    primaryType: 'ModelRetirement',
    members: member('bytes32 modelId,string reason,uint256 nonce,uint256 deadline'),
  },
  registerEnvironment: {
    contract: 'environmentRegistry',
    functionName: 'registerBySig',
    account: 'registrant',
    path: 'environments',
    primaryType: 'EnvironmentRegistration',
    members: member(
      'bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline',
    ),
  },
  revokeEnvironment: {
    contract: 'environmentRegistry',
    functionName: 'revokeBySig',
    account: 'registrant',
    path: 'environment-revocations',
    primaryType: 'EnvironmentRevocation',
    members: member('bytes32 environmentId,uint256 nonce,uint256 deadline'),
  },
  reportEnvironmentCompromise: {
    contract: 'environmentRegistry',
    functionName: 'reportCompromiseBySig',
    account: 'registrant',
    path: 'environment-compromises',
    primaryType: 'EnvironmentCompromise',
    members: member('bytes32 environmentId,uint48 since,uint256 nonce,uint256 deadline'),
  },
  postVerdicts: {
    contract: 'verdictRegistry',
    functionName: 'postBySig',
    account: 'author',
    path: 'verdicts',
    primaryType: 'VerdictPost',
    members: member('address author,Verdict[] verdicts,uint256 nonce,uint256 deadline'),
  },
  withdrawVerdicts: {
    contract: 'verdictRegistry',
    functionName: 'withdrawBySig',
    account: 'author',
    path: 'verdict-withdrawals',
    primaryType: 'VerdictWithdrawal',
    members: member('address author,bytes32[] verdictIds,uint256 nonce,uint256 deadline'),
  },
} as const

/** EIP-712 members of a verdict within a VerdictPost. */
export const verdictMembers = member(
  'uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri',
)

/** Name of what an account can say by its signature alone. */
export type SignedCallKind = keyof typeof signedCalls

type Functions<K extends SignedCallKind> = Extract<
  (typeof contractAbis)[(typeof signedCalls)[K]['contract']][number],
  { type: 'function'; name: (typeof signedCalls)[K]['functionName'] }
>

/** Arguments of the contract's function, by their names. */
export type SignedCallArguments<K extends SignedCallKind> = {
  [Input in Functions<K>['inputs'][number] as Input['name']]: AbiParameterToPrimitiveType<Input>
}

/** All kinds, in the order of the table. */
export const signedCallKinds = Object.keys(signedCalls) as SignedCallKind[]

/** The ABI's item of a kind's function. */
export function signedCallFunction(kind: SignedCallKind) {
  const { contract, functionName } = signedCalls[kind]
  const item = contractAbis[contract].find(
    (it) => it.type === 'function' && it.name === functionName,
  )
  return item as Extract<typeof item, { type: 'function' }>
}

/** The ABI by which a call of a kind is made and its refusal read: with the errors of whom the contract asks, an environment's verifier. */
export function abiOfCall(kind: SignedCallKind): Abi {
  const abi = contractAbis[signedCalls[kind].contract]
  return kind === 'registerEnvironment' ? [...abi, ...verifierErrors] : abi
}

/** The account in whose name arguments speak. */
export function accountOfCall(kind: SignedCallKind, args: Record<string, unknown>): Address {
  let value: unknown = args
  for (const name of signedCalls[kind].account.split('.')) {
    value = (value as Record<string, unknown>)[name]
  }
  return value as Address
}

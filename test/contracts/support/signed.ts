import { domainOf } from '@assay/sdk/formats'
import type { Address, Hex } from 'viem'
import type { LocalAccount } from 'viem/accounts'

const verdict =
  'uint8 subjectKind,bytes32 subject,uint8 score,string tag,bytes32 evidenceDigest,string uri'

/** What owners, publishers, registrants and authors sign, as the interfaces' documentation states it. */
const messages = {
  SessionKeyAuthorization:
    'address owner,address sessionKey,uint48 expiresAt,uint256 nonce,uint256 deadline',
  SessionKeyRevocation: 'address owner,address sessionKey,uint256 nonce,uint256 deadline',
  SessionKeyCompromise:
    'address owner,address sessionKey,uint48 since,uint256 nonce,uint256 deadline',
  Skip: 'bytes32 logId,uint64 first,uint32 count,uint256 deadline',
  ModelPublication:
    'address publisher,string name,string version,bytes32 manifestDigest,bytes32 signingRoot,string uri,uint256 nonce,uint256 deadline',
  ModelRetirement: 'bytes32 modelId,string reason,uint256 nonce,uint256 deadline',
  EnvironmentRegistration:
    'bytes32 environmentId,uint48 validUntil,address verifier,string uri,uint256 nonce,uint256 deadline',
  EnvironmentRevocation: 'bytes32 environmentId,uint256 nonce,uint256 deadline',
  EnvironmentCompromise: 'bytes32 environmentId,uint48 since,uint256 nonce,uint256 deadline',
  VerdictPost: 'address author,Verdict[] verdicts,uint256 nonce,uint256 deadline',
  VerdictWithdrawal: 'address author,bytes32[] verdictIds,uint256 nonce,uint256 deadline',
} as const

/** Name of a message that one of the contracts takes by signature. */
export type SignedMessage = keyof typeof messages

const membersOf = (list: string) =>
  list.split(',').map((member) => {
    const [type = '', name = ''] = member.split(' ')
    return { type, name }
  })

/** Signs a message for a contract (EIP-712). */
export function signMessage(
  by: LocalAccount,
  contract: { address: Address; chainId: number },
  primaryType: SignedMessage,
  message: Record<string, unknown>,
): Promise<Hex> {
  return by.signTypedData({
    domain: domainOf(contract.chainId, contract.address),
    types: { [primaryType]: membersOf(messages[primaryType]), Verdict: membersOf(verdict) },
    primaryType,
    message,
  })
}

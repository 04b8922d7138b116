import { ContractRefusalError, decodeKind } from '@assay/sdk'
import { attesterQuorumAbi, p256AttesterAbi } from '@assay/sdk/abi'
import { explainFailure } from '@assay/sdk/relay'
import { type Address, type Hex, zeroHash } from 'viem'
import { UsageError } from '../errors.ts'
import type { OpenChain } from '../settings/chain.ts'

/** What a quorum calls an attester of its. @throws UsageError for any other account, or another verifier; NoContractError */
export async function nameInQuorum(
  account: Address,
  verifier: Address,
  { client }: OpenChain,
): Promise<string> {
  const name = await client
    .readContract({
      address: verifier,
      abi: attesterQuorumAbi,
      functionName: 'nameOf',
      args: [account],
    })
    .catch((error: unknown) => {
      throw explained(error, verifier, {
        contract: 'AttesterQuorum',
        advice: 'A P256Attester takes the key that a file holds: --attester-key.',
      })
    })
  if (name !== zeroHash) return decodeKind(name)
  throw new UsageError('The account is no attester of this verifier.', {
    metaMessages: [`Account: ${account}`, `Verifier: ${verifier}`],
  })
}

/** What a P256Attester calls its attester. @param key - Has to be that one's. @throws UsageError if it is not; NoContractError */
export async function nameOfP256(
  key: { x: Hex; y: Hex },
  verifier: Address,
  { client }: OpenChain,
): Promise<string> {
  const [name, x, y] = await client
    .readContract({ address: verifier, abi: p256AttesterAbi, functionName: 'attester' })
    .catch((error: unknown) => {
      throw explained(error, verifier, {
        contract: 'P256Attester',
        advice: 'An AttesterQuorum takes signatures of accounts: ASSAY_ATTESTER_KEY.',
      })
    })
  if (x === key.x && y === key.y) return decodeKind(name)
  throw new UsageError('The key is not the one of this verifier.', {
    metaMessages: [
      `Key: ${pointOf(key)}`,
      `Key of the verifier: ${pointOf({ x, y })}`,
      `Verifier: ${verifier}`,
    ],
  })
}

/** A key's SEC 1 uncompressed point. */
export const pointOf = ({ x, y }: { x: Hex; y: Hex }): Hex => `0x04${x.slice(2)}${y.slice(2)}`

/** A contract that does not know what it is asked is another one. */
function explained(
  error: unknown,
  verifier: Address,
  { contract, advice }: { contract: string; advice: string },
): unknown {
  const failure = explainFailure(error, contract, verifier)
  if (!(failure instanceof ContractRefusalError)) return failure
  return new UsageError(`The verifier is no ${contract}.`, {
    metaMessages: [advice, `Verifier: ${verifier}`],
    cause: failure,
  })
}

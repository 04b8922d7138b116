import type { Address, Hex } from 'viem'
import { verdictRegistryAbi } from '../generated/abi.ts'
import { checkScore, subjectKinds, type Verdict } from '../formats/verdict.ts'
import { addressOf, write, type WriteClient } from './contract.ts'

export type PostVerdictsParameters = {
  /** At least one. `uri` says where the evidence can be had; a hint that nothing binds. */
  verdicts: readonly (Verdict & { uri?: string | undefined })[]
  /** Default: the deployment on the client's chain. */
  verdictRegistry?: Address | undefined
}

/**
 * Posts verdicts of the client's account, all of them or none. `verdictIdOf` gives their ids.
 *
 * @returns Hash of the transaction.
 * @throws InvalidInputError for a score outside of 0 to 100, ContractRefusalError if there is no verdict, or one has no subject.
 */
export async function postVerdicts(
  client: WriteClient,
  parameters: PostVerdictsParameters,
): Promise<Hex> {
  const verdicts = parameters.verdicts.map(({ subjectKind, uri = '', ...verdict }) => {
    checkScore(verdict.score)
    return { ...verdict, subjectKind: subjectKinds[subjectKind], uri }
  })
  return write(client, 'verdictRegistry', {
    address: addressOf(client, 'verdictRegistry', parameters.verdictRegistry),
    abi: verdictRegistryAbi,
    functionName: 'post',
    args: [verdicts],
  })
}

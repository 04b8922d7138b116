import { inferenceLogAbi } from '@assay/sdk/abi'
import { explainFailure } from '@assay/sdk/relay'
import { simulateContract } from 'viem/actions'
import type { RelayChain } from '../chain.ts'
import { RelayError } from '../errors.ts'
import type { CheckedBatch } from './checked-batch.ts'
import { gasOfMany } from './gather.ts'
import { settleManyArguments, settleOneArguments } from './settle-call.ts'

/** What an owner's code may take to judge a signature: anybody can name an owner, and its code runs before anything is known of it. */
const codeGas = 1_000_000n

/**
 * Asks whether the chain would take batches of one inference log, one after the other. It costs nothing, and the contract's own
 * reason is told. How much gas it takes is asked apart.
 *
 * @throws ContractRefusalError for the first one, RelayError `refused` for a later one, RpcUnreachableError
 */
export async function simulate(
  { client, account, contracts }: RelayChain,
  batches: readonly CheckedBatch[],
): Promise<void> {
  const [first] = batches
  if (!first) return
  const address = contracts.inferenceLog
  const call = { address, abi: inferenceLogAbi, account }
  try {
    const gas = first.signedBy ? undefined : gasOfMany([first]) + codeGas
    await simulateContract(client, { ...call, gas, ...settleOneArguments(first.batch) } as never)
    if (batches.length === 1) return
    const { result } = await simulateContract(client, {
      ...call,
      ...settleManyArguments(batches.map(({ batch }) => batch)),
    })
    const refused = result.indexOf(false)
    if (refused < 0) return
    const at = batches[refused]?.batch.first ?? 0n
    throw new RelayError('refused', `The contract would not take the batch at ${at}.`)
  } catch (error) {
    throw explainFailure(error, 'inferenceLog', address)
  }
}

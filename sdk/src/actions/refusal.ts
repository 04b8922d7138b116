import type { ContractFunctionRevertedErrorType } from 'viem'
import { BaseError } from '../errors/base.ts'
import { NoContractError } from '../errors/chain.ts'
import * as errors from '../errors/settlement.ts'
import { explainRpc, isNamed, isViemError } from './rpc-failure.ts'

type Explanation = {
  type: typeof errors.ContractRefusalError
  message: (args: readonly string[]) => string
  advice: string
}

const time = (seconds: string | undefined) => new Date(Number(seconds) * 1000).toISOString()

/** What the contracts' errors mean to who called, and what to do. */
const explanations: Record<string, Explanation> = {
  InferenceLog_SessionKeyNotAuthorized: {
    type: errors.SessionKeyNotAuthorizedError,
    message: ([owner, key]) => `The owner ${owner} has not authorized the session key ${key}.`,
    advice: 'The owner authorizes it once, by `authorizeSessionKey`.',
  },
  InferenceLog_SessionKeyExpired: {
    type: errors.SessionKeyExpiredError,
    message: ([, key, at]) => `The authorization of the session key ${key} ended at ${time(at)}.`,
    advice: 'The owner extends it by `authorizeSessionKey` with a later `expiresAt`.',
  },
  InferenceLog_SessionKeyRevoked: {
    type: errors.SessionKeyRevokedError,
    message: ([, key, at]) => `The session key ${key} was revoked at ${time(at)}, which is final.`,
    advice: 'Authorize another key. What is pending can be settled by the owner.',
  },
  InferenceLog_Gap: {
    type: errors.BatchGapError,
    message: ([, head, first]) =>
      `The batch begins at ${first}, but the inference log ends at ${head}: inferences would be missing.`,
    advice: 'Settle the batches in order.',
  },
  InferenceLog_Fork: {
    type: errors.BatchForkError,
    message: ([, head, first]) =>
      `The batch begins at ${first}, where another one is settled: the inference log ends at ${head}.`,
    advice:
      'Two processes may share one journal, or someone else holds the key. What is settled cannot be replaced.',
  },
  InferenceLog_RootAlreadySettled: {
    type: errors.BatchForkError,
    message: ([, , first]) => `The same root is settled already, at ${first}.`,
    advice: 'A batch has one place. Build the root from the inferences that belong to this one.',
  },
  InferenceLog_CountMismatch: {
    type: errors.BatchCountMismatchError,
    message: ([expected, actual]) =>
      `The batch states ${expected} inferences, but its data holds ${actual}.`,
    advice: 'Build the batch by `buildBatch`.',
  },
  InferenceLog_RootMismatch: {
    type: errors.BatchRootMismatchError,
    message: ([expected, actual]) =>
      `The batch states the root ${expected}, but its data gives ${actual}.`,
    advice: 'Check that `first` and the inference log are those that the leaves were made for.',
  },
  InferenceLog_InvalidSignature: {
    type: errors.InvalidBatchSignatureError,
    message: () => 'The signature is by neither the session key nor the owner.',
    advice: 'It must be made over this batch, for this chain and this contract.',
  },
}

/**
 * Turns what viem throws into an error of Assay that says what, why and what to do. What viem did not throw passes as
 * it is.
 *
 * @param error - What was thrown.
 * @param contract - Name of the contract that was called.
 * @param address - Its address.
 */
export function explain(error: unknown, contract: string, address: string): unknown {
  if (error instanceof BaseError || !isViemError(error)) return error
  const reverted = error.walk(isNamed('ContractFunctionRevertedError'))
  if (reverted) {
    const { data, reason, signature } = reverted as Pick<
      ContractFunctionRevertedErrorType,
      'data' | 'reason' | 'signature'
    >
    const name = data?.errorName ?? reason ?? signature ?? 'unknown'
    const args = (data?.args ?? []).map(String)
    const known = explanations[name]
    if (known) {
      const metaMessages = [known.advice, `Contract error: ${name}`]
      return new known.type(name, known.message(args), { cause: error, metaMessages })
    }
    return new errors.ContractRefusalError(
      name,
      `${contract} refused the call: ${name}(${args.join(', ')}).`,
      {
        cause: error,
      },
    )
  }
  if (error.walk(isNamed('ContractFunctionZeroDataError'))) {
    return new NoContractError(contract, address, { cause: error })
  }
  return explainRpc(error, contract)
}

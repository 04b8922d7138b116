import { type Address, decodeEventLog, type Hex, isAddressEqual, zeroHash } from 'viem'
import { getBlockNumber, getChainId, getTransactionReceipt, readContract } from 'viem/actions'
import { inferenceLogAbi } from '../generated/abi.ts'
import type { ReadClient } from '../actions/contract.ts'
import { type Environment, getEnvironment } from '../actions/getEnvironment.ts'
import { getModel, type Model } from '../actions/getModel.ts'
import { getSessionKey, type SessionKey } from '../actions/getSessionKey.ts'
import { getSettlement, type Settlement } from '../actions/getSettlement.ts'
import { BaseError } from '../errors/base.ts'
import type { VerificationPolicy } from './policy.ts'
import type { Subject } from './subject.ts'

/** What the chain says about a receipt, all at one block. */
export type ChainState = {
  blockNumber: bigint
  settlement: Settlement | undefined
  sessionKey: SessionKey | undefined
  model: Model | undefined
  environment: Environment | undefined
  /** Whether the owner's contract accepts the batch signature (ERC-1271). */
  acceptedByOwner: boolean
  /** The settlement's event in the transaction that the receipt hints at. */
  hintedEvent: { uri: string | undefined } | undefined
}

/** Why the chain was not read. */
export type Unread = { unread: string; raise: string }

/** Reads what the checks need. Never throws: an endpoint that fails or lies about its chain is a reason not to know. */
export async function readChainState(
  client: ReadClient | undefined,
  subject: Subject,
  policy: VerificationPolicy,
): Promise<ChainState | Unread> {
  const { chainId, inferenceLog } = subject.place
  const contracts = policy.chains[String(chainId)]
  if (!contracts) {
    return {
      unread: `The policy names no contracts on chain ${chainId}.`,
      raise: `Add chain ${chainId} to the policy if you believe it.`,
    }
  }
  if (!isAddressEqual(contracts.inferenceLog, inferenceLog)) {
    return {
      unread: `The receipt speaks of the contract ${inferenceLog}, the policy believes ${contracts.inferenceLog}.`,
      raise: 'Use a policy that names the contract, if you believe it.',
    }
  }
  if (!client) {
    return {
      unread: 'The chain was not asked.',
      raise: `Pass a client for chain ${chainId}.`,
    }
  }
  try {
    const served = await getChainId(client)
    if (served !== chainId) {
      return {
        unread: `The endpoint serves chain ${served}, the receipt is of chain ${chainId}.`,
        raise: `Pass a client for chain ${chainId}.`,
      }
    }
    return await readAt(client, subject, contracts)
  } catch (error) {
    const why = error instanceof BaseError ? error.shortMessage : firstLine(error)
    return {
      unread: `The chain could not be read: ${why}`,
      raise: 'Try again, or use another endpoint.',
    }
  }
}

async function readAt(
  client: ReadClient,
  subject: Subject,
  contracts: VerificationPolicy['chains'][string],
): Promise<ChainState> {
  const { place, inference, batch } = subject
  const { inferenceLog, modelRegistry, environmentRegistry } = contracts
  const blockNumber = await getBlockNumber(client, { cacheTime: 0 })
  const [settlement, sessionKey, model, environment, acceptedByOwner, hintedEvent] =
    await Promise.all([
      getSettlement(client, { logId: batch.logId, root: batch.root, inferenceLog, blockNumber }),
      getSessionKey(client, { ...place, inferenceLog, blockNumber }),
      inference.modelId === zeroHash
        ? undefined
        : getModel(client, { modelId: inference.modelId, modelRegistry, blockNumber }),
      inference.environmentId === zeroHash
        ? undefined
        : getEnvironment(client, {
            environmentId: inference.environmentId,
            environmentRegistry,
            blockNumber,
          }),
      isAcceptedByOwner(client, subject, blockNumber),
      findHintedEvent(client, subject, inferenceLog),
    ])
  return { blockNumber, settlement, sessionKey, model, environment, acceptedByOwner, hintedEvent }
}

const isValidSignatureAbi = [
  {
    type: 'function',
    name: 'isValidSignature',
    stateMutability: 'view',
    inputs: [{ type: 'bytes32' }, { type: 'bytes' }],
    outputs: [{ type: 'bytes4' }],
  },
] as const

async function isAcceptedByOwner(
  client: ReadClient,
  { place, batchDigest, receipt }: Subject,
  blockNumber: bigint,
): Promise<boolean> {
  try {
    const answer = await readContract(client, {
      address: place.owner,
      abi: isValidSignatureAbi,
      functionName: 'isValidSignature',
      args: [batchDigest, receipt.batch.signature],
      blockNumber,
    })
    return answer === '0x1626ba7e'
  } catch {
    // No contract, or one that refuses: not accepted. An endpoint that is down fails the other reads too.
    return false
  }
}

async function findHintedEvent(
  client: ReadClient,
  { receipt, batch }: Subject,
  inferenceLog: Address,
): Promise<ChainState['hintedEvent']> {
  const hash = receipt.hints.transactionHash
  if (!hash) return undefined
  const transaction = await getTransactionReceipt(client, { hash }).catch(() => undefined)
  for (const log of transaction?.logs ?? []) {
    if (!isAddressEqual(log.address, inferenceLog)) continue
    const event = decode(log)
    if (event?.logId === batch.logId && event.root === batch.root) return { uri: event.uri }
  }
  return undefined
}

function decode(log: { topics: Hex[]; data: Hex }) {
  try {
    const { eventName, args } = decodeEventLog({
      abi: inferenceLogAbi,
      topics: log.topics as [Hex, ...Hex[]],
      data: log.data,
    })
    if (eventName === 'BatchSettledInline') return { ...args, uri: undefined }
    return eventName === 'BatchSettledExternal' ? args : undefined
  } catch {
    // An event of a later version of the contract, or none of ours.
    return undefined
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
}

import { type Hex, zeroHash } from 'viem'
import { type Environment, getEnvironment } from '../../actions/getEnvironment.ts'
import { getSessionKey, type SessionKey } from '../../actions/getSessionKey.ts'
import { getSettlement, type Settlement } from '../../actions/getSettlement.ts'
import { ForgedAnswerError } from '../../errors/verification.ts'
import { environmentIdOf } from '../../formats/environment.ts'
import type { Subject } from '../subject.ts'
import type { Block } from './answers.ts'
import type { ChainReader } from './chain-reader.ts'
import { type LogState, readLogState } from './log-state.ts'
import { isAcceptedByOwner } from './owner-contract.ts'
import { type PublishedModel, readModel } from './published-model.ts'
import { findHintedEvent, findSettledEvent, type SettledEvent } from './settled-event.ts'
import { type Unread, unreadBecause } from './unread.ts'
import { readVerdicts, type StandingVerdict } from './verdicts.ts'

/** What the chain says about an inference that is settled, all at one block: an indexer knows it too. */
export type ChainFacts = {
  block: Pick<Block, 'number' | 'timestamp'>
  endpoints: readonly string[]
  settlement: Settlement | undefined
  sessionKey: SessionKey | undefined
  model: PublishedModel | undefined
  environment: Environment | undefined
  /** What stands in events alone, which not every endpoint keeps for long. */
  settledEvent: Pick<SettledEvent, 'dataDigest'> | undefined | Unread
  log: LogState | Unread
  verdicts: readonly StandingVerdict[] | Unread
}

/** What the chain says about a receipt, all at one block. */
export type ChainState = ChainFacts & {
  block: Block
  /** Whether the owner's contract accepts the batch signature (ERC-1271); asked only where no key signed. */
  acceptedByOwner: boolean
  hintedEvent: SettledEvent | undefined
}

/** What of a receipt is asked beside what is always. */
export type Asked = {
  ownerContract: boolean
  /** Authors of verdicts that the policy believes. */
  auditors: Parameters<typeof readVerdicts>[2]
  /** Inferences on which there may be verdicts: the receipt's, and those of others that are asked about with it. */
  inferenceIds: readonly Hex[]
}

/**
 * Reads what the checks need.
 *
 * @throws what an endpoint that fails or lies leads to.
 */
export async function readChainState(
  reader: ChainReader,
  subject: Subject,
  asked: Asked,
): Promise<ChainState> {
  const { client, contracts, block } = reader
  const { place, inference, batch } = subject
  const at = { inferenceLog: contracts.inferenceLog, blockNumber: block.number }
  const settlement = await getSettlement(client, { logId: batch.logId, root: batch.root, ...at })
  const [sessionKey, model, environment, acceptedByOwner, hintedEvent, log, verdicts] =
    await Promise.all([
      getSessionKey(client, { ...place, ...at }),
      inference.modelId === zeroHash ? undefined : readModel(reader, inference.modelId),
      inference.environmentId === zeroHash ? undefined : readEnvironment(reader, subject),
      asked.ownerContract && isAcceptedByOwner(reader, subject),
      findHintedEvent(reader, subject),
      readLogState(reader, batch.logId).catch(unreadBecause),
      asked.auditors.length === 0
        ? []
        : readVerdicts(reader, spokenOf(subject, asked.inferenceIds), asked.auditors).catch(
            unreadBecause,
          ),
    ])
  const settledEvent =
    hintedEvent ??
    (settlement &&
      (await findSettledEvent(reader, subject, settlement.settledAt).catch(unreadBecause)))
  const { endpoints } = reader
  const found = { settlement, sessionKey, model, environment, acceptedByOwner }
  return { block, endpoints, ...found, hintedEvent, settledEvent, log, verdicts }
}

async function readEnvironment(
  { client, contracts, block, chainId }: ChainReader,
  { inference: { environmentId } }: Subject,
): Promise<Environment | undefined> {
  const { environmentRegistry } = contracts
  const environment = await getEnvironment(client, {
    environmentId,
    environmentRegistry,
    blockNumber: block.number,
  })
  if (!environment) return undefined
  const place = { chainId, environmentRegistry, registrant: environment.registrant }
  if (environmentIdOf(environment, place) !== environmentId) {
    throw new ForgedAnswerError('environment', environmentId)
  }
  return environment
}

function spokenOf({ inference }: Subject, inferenceIds: readonly Hex[]) {
  return [inference.modelId, inference.environmentId, ...inferenceIds].filter(
    (id) => id !== zeroHash,
  )
}

import { encodeEventTopics, type Hex } from 'viem'
import { getModel, type Model } from '../../actions/getModel.ts'
import { ForgedAnswerError } from '../../errors/verification.ts'
import { modelIdOf } from '../../formats/inference.ts'
import { modelRegistryModelPublished as published } from '../../generated/reads.ts'
import { type EventLog } from './answers.ts'
import type { ChainReader } from './chain-reader.ts'
import { isUnread, unreadBecause } from './unread.ts'
import { decodeEvent, findEventOfTime } from './events.ts'

/** A published model. Its name and version stand in the event of its publication alone. */
export type PublishedModel = Model & {
  /** Undefined: the endpoint doesn't give the event, so that nothing but the endpoint's word says who published the model. */
  name: string | undefined
  version: string | undefined
}

/**
 * A published model, with its name, and its id recomputed.
 *
 * @returns Undefined if it was not published.
 * @throws ForgedAnswerError if the answers don't give the id.
 */
export async function readModel(
  reader: ChainReader,
  modelId: Hex,
): Promise<PublishedModel | undefined> {
  const { client, contracts, block } = reader
  const { modelRegistry } = contracts
  const model = await getModel(client, { modelId, modelRegistry, blockNumber: block.number })
  if (!model) return undefined
  const event = await findEventOfTime(
    reader,
    { address: modelRegistry, topics: encodeEventTopics({ abi: [published], args: { modelId } }) },
    BigInt(model.publishedAt),
  ).catch(unreadBecause)
  const { name, version } = namesOf(isUnread(event) ? undefined : event)
  const { publisher, manifestDigest } = model
  if (name === undefined || version === undefined) return { ...model, name, version }
  if (modelIdOf({ publisher, name, version, manifestDigest }) !== modelId) {
    throw new ForgedAnswerError('model', modelId)
  }
  return { ...model, name, version }
}

function namesOf(event: EventLog | undefined): { name?: string; version?: string } {
  return (event && decodeEvent(published, event)) ?? {}
}

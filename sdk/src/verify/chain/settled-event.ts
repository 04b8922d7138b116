import { encodeEventTopics, type Hex } from 'viem'
import { sha256 } from '../../crypto/sha256.ts'
import { bytesToHex, toBytes } from '../../formats/bytes.ts'
import {
  inferenceLogBatchSettledExternal as external,
  inferenceLogBatchSettledInline as inline,
} from '../../generated/reads.ts'
import type { Subject } from '../subject.ts'
import { type EventLog, readReceiptLogs } from './answers.ts'
import type { ChainReader } from './chain-reader.ts'
import { decodeEvent, type EventFilter, findEventOfTime, passes } from './events.ts'

/** The event by which a batch was settled. */
export type SettledEvent = {
  transactionHash: Hex
  blockNumber: bigint
  /** SHA-256 of the batch data. */
  dataDigest: Hex
  /** Of external batch data. */
  uri: string | undefined
}

/** The settlement's event in the transaction that the receipt hints at, if it holds it. */
export async function findHintedEvent(
  reader: ChainReader,
  subject: Subject,
): Promise<SettledEvent | undefined> {
  const { transactionHash } = subject.receipt.hints
  if (!transactionHash) return undefined
  const logs = await reader.ask('eth_getTransactionReceipt', [transactionHash], readReceiptLogs)
  const filter = filterOf(reader, subject)
  const log = logs.find((it) => it.blockNumber <= reader.block.number && passes(it, filter))
  return log && settledEvent(log)
}

/**
 * The settlement's event.
 *
 * @param settledAt - Unix seconds, as the contract says.
 */
export async function findSettledEvent(
  reader: ChainReader,
  subject: Subject,
  settledAt: bigint,
): Promise<SettledEvent | undefined> {
  const log = await findEventOfTime(reader, filterOf(reader, subject), settledAt)
  return log && settledEvent(log)
}

function filterOf({ contracts }: ChainReader, { batch }: Subject): EventFilter {
  const [[inlineTopic], [externalTopic]] = [inline, external].map((event) =>
    encodeEventTopics({ abi: [event] }),
  ) as [[Hex], [Hex]]
  return {
    address: contracts.inferenceLog,
    topics: [[inlineTopic, externalTopic], batch.logId, batch.root],
  }
}

function settledEvent(log: EventLog): SettledEvent | undefined {
  const { transactionHash, blockNumber } = log
  const data = decodeEvent(inline, log)?.data
  if (data) {
    const dataDigest = bytesToHex(sha256(toBytes(data as Hex)))
    return { transactionHash, blockNumber, dataDigest, uri: undefined }
  }
  const args = decodeEvent(external, log)
  if (!args) return undefined
  return {
    transactionHash,
    blockNumber,
    dataDigest: args.dataDigest as Hex,
    uri: args.uri as string,
  }
}

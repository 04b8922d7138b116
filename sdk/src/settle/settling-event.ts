import { type Address, decodeEventLog, encodeEventTopics, type Hex, isAddressEqual } from 'viem'
import { sha256 } from '../crypto/sha256.ts'
import { bytesToHex, toBytes } from '../formats/bytes.ts'
import type { ReadClient } from '../actions/contract.ts'
import {
  inferenceLogBatchSettledExternal as external,
  inferenceLogBatchSettledInline as inline,
} from '../generated/reads.ts'

/** What the event says by which a batch was settled. */
export type SettlingEvent = {
  transactionHash: Hex
  /** SHA-256 of the batch data. */
  dataDigest: Hex
  /** Of external batch data; undefined: inline. */
  uri: string | undefined
}

/** Where an event is looked for. */
export type SettlingEventPlace = {
  inferenceLog: Address
  logId: Hex
  root: Hex
  /** A transaction that may hold it: somebody's word. */
  transactionHash: Hex | undefined
  /** First block that may hold it. */
  fromBlock: Hex
}

type Log = { address: Address; topics: [Hex, ...Hex[]]; data: Hex; transactionHash: Hex }

/** The event by which a batch was settled, in the transaction that is named or in the blocks since one. Undefined: not found. */
export async function findSettlingEvent(
  client: ReadClient,
  place: SettlingEventPlace,
): Promise<SettlingEvent | undefined> {
  const { inferenceLog, logId, root, fromBlock } = place
  const [[inlineTopic], [externalTopic]] = [inline, external].map((event) =>
    encodeEventTopics({ abi: [event] }),
  ) as [[Hex], [Hex]]
  const named = place.transactionHash && (await logsOf(client, place.transactionHash))
  const isIt = ({ address, topics }: Log) =>
    isAddressEqual(address, inferenceLog) &&
    (topics[0] === inlineTopic || topics[0] === externalTopic) &&
    topics[1] === logId &&
    topics[2] === root
  const found = named?.find(isIt)
  if (found) return read(found)
  const logs = (await client.request({
    method: 'eth_getLogs',
    params: [
      {
        address: inferenceLog,
        topics: [[inlineTopic, externalTopic], logId, root],
        fromBlock,
        toBlock: 'latest',
      },
    ],
  })) as unknown as Log[]
  const log = logs.find(isIt)
  return log && read(log)
}

async function logsOf(client: ReadClient, hash: Hex): Promise<Log[]> {
  const receipt = await client.request({ method: 'eth_getTransactionReceipt', params: [hash] })
  return (receipt?.logs ?? []) as unknown as Log[]
}

function read({ transactionHash, topics, data }: Log): SettlingEvent {
  const { eventName, args } = decodeEventLog({ abi: [inline, external], topics, data })
  if (eventName === 'BatchSettledExternal') {
    return { transactionHash, dataDigest: args.dataDigest, uri: args.uri }
  }
  const dataDigest = bytesToHex(sha256(toBytes(args.data)))
  return { transactionHash, dataDigest, uri: undefined }
}

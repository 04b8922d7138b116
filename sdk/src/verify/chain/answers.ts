import type { Address, Hex } from 'viem'
import { RpcUnreachableError } from '../../errors/chain.ts'

/** A block, as far as verification looks at it. */
export type Block = {
  number: bigint
  hash: Hex
  /** Unix seconds. */
  timestamp: bigint
}

/** An event as a chain keeps it. */
export type EventLog = {
  address: Address
  topics: Hex[]
  data: Hex
  blockNumber: bigint
  transactionHash: Hex
  logIndex: bigint
}

/** More events than this in one answer are no answer to what verification asks. */
const maxLogs = 10_000

const quantity = /^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/
const word = /^0x[0-9a-f]{64}$/
const account = /^0x[0-9a-f]{40}$/

/** Reads an answer of an endpoint, which is hostile until checked, as JSON-RPC of execution clients has it (ethereum/execution-apis). */
export function readQuantity(answer: unknown): bigint {
  return BigInt(text(answer, quantity))
}

/** @throws RpcUnreachableError if there is no such block, or what came is none. */
export function readBlock(answer: unknown): Block {
  const { number, hash, timestamp } = members(answer)
  return {
    number: readQuantity(number),
    hash: text(hash, word),
    timestamp: readQuantity(timestamp),
  }
}

/** @throws RpcUnreachableError if it is no list of events. */
export function readLogs(answer: unknown): EventLog[] {
  if (!Array.isArray(answer) || answer.length > maxLogs) throw new RpcUnreachableError(undefined)
  return answer.map((log: unknown) => {
    const { address, topics, data, blockNumber, transactionHash, logIndex } = members(log)
    if (!Array.isArray(topics) || topics.length > 4) throw new RpcUnreachableError(undefined)
    return {
      address: text(address, account),
      topics: topics.map((topic) => text(topic, word)),
      data: readBytes(data),
      blockNumber: readQuantity(blockNumber),
      transactionHash: text(transactionHash, word),
      logIndex: readQuantity(logIndex),
    }
  })
}

/** The events of a transaction that is mined; none if the chain doesn't know it. */
export function readReceiptLogs(answer: unknown): EventLog[] {
  return answer === null ? [] : readLogs(members(answer).logs)
}

/** Bytes in hex, as `eth_call` gives them. */
export function readBytes(answer: unknown): Hex {
  const hex = text(answer, /^0x/)
  // No repeated group: for a megabyte of digits its way back would fill the expression's stack.
  if (hex.length % 2 === 1 || /[^0-9a-f]/.test(hex.slice(2)))
    throw new RpcUnreachableError(undefined)
  return hex
}

function members(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new RpcUnreachableError(undefined)
  return value as Record<string, unknown>
}

function text(value: unknown, form: RegExp): Hex {
  if (typeof value === 'string') {
    const lower = value.toLowerCase()
    if (form.test(lower)) return lower as Hex
  }
  throw new RpcUnreachableError(undefined)
}

import type { Hex } from 'viem'

/** An event as JSON-RPC gives it. */
export type RawLog = { address: string; topics: string[]; blockNumber: string } & Record<
  string,
  unknown
>

/** All that a real chain answers to what verification asks, at its last block. */
export type Tape = {
  chainId: string
  /** By number; the last one is the head. */
  blocks: unknown[]
  /** All events, oldest first. */
  logs: RawLog[]
  /** Receipts of transactions, by hash. */
  transactions: Record<string, unknown>
  /** Answers to `eth_call`, by `to data`. */
  calls: Record<string, Hex>
  /** What contracts answer when they are asked of something that they don't know, by `to selector`. */
  unknown: Record<string, Hex>
}

/** A request as JSON-RPC has it. */
export type Request = { method: string; params?: unknown }

export const callKey = ({ to, data }: { to: string; data: string }): string =>
  `${to.toLowerCase()} ${data}`
export const selectorKey = ({ to, data }: { to: string; data: string }): string =>
  `${to.toLowerCase()} ${data.slice(0, 10)}`

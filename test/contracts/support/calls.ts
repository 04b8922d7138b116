import {
  type Abi,
  ContractFunctionRevertedError,
  type Hex,
  parseEventLogs,
  BaseError as ViemError,
} from 'viem'
import { expect } from 'vitest'
import type { LocalChain } from '../../indexer/support/chain.ts'

/** Sends a call and gives its events. */
export async function eventsOf(chain: LocalChain, abi: Abi, sending: Promise<Hex>) {
  const { logs } = await chain.mined(await sending)
  return parseEventLogs({ abi, logs }).map(({ eventName, args }) => ({
    eventName: eventName,
    args: args as unknown as Record<string, unknown>,
  }))
}

/** The error that a call reverts with, and its arguments. */
export async function revert(
  sending: Promise<unknown>,
): Promise<[string | undefined, readonly unknown[]]> {
  const error: unknown = await sending.then(
    () => expect.unreachable('it did not revert'),
    (thrown: unknown) => thrown,
  )
  const reverted =
    error instanceof ViemError && error.walk((e) => e instanceof ContractFunctionRevertedError)
  if (!(reverted instanceof ContractFunctionRevertedError)) throw error
  return [reverted.data?.errorName, reverted.data?.args ?? []]
}

/** The hex with each of its bytes changed in turn. */
export function flips(hex: Hex): Hex[] {
  return Array.from({ length: hex.length / 2 - 1 }, (_, i) => {
    const at = 2 + 2 * i
    const byte = Number.parseInt(hex.slice(at, at + 2), 16) ^ 1
    return `${hex.slice(0, at)}${byte.toString(16).padStart(2, '0')}${hex.slice(at + 2)}` as Hex
  })
}

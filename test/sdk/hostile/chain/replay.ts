import { createClient, custom, type Client, type Hex, numberToHex } from 'viem'
import { callKey, type RawLog, type Request, selectorKey, type Tape } from './tape.ts'

/** A call that the tape has not, and what was answered in its place. */
export type Guess = { to: string; data: string; answer: Hex }

/** The real chain's answers, with no chain. */
export type Replay = {
  client: Client
  /** Sees what is answered as the contract answers of what it doesn't know, to be held against the real chain now and then. */
  onGuess: ((guess: Guess) => void) | undefined
}

/** Plays a tape: what was asked then is answered as then; what was not, as the chain answers to what it doesn't know. */
export function replay(tape: Tape): Replay {
  const last = numberToHex(tape.blocks.length - 1)
  const self: Replay = {
    client: createClient({
      transport: custom({ request: async (request: Request) => answer(request) }),
    }),
    onGuess: undefined,
  }

  function answer({ method, params }: Request): unknown {
    const [first] = (params ?? []) as [never]
    switch (method) {
      case 'eth_chainId':
        return tape.chainId
      case 'eth_blockNumber':
        return last
      case 'eth_getBlockByNumber':
        return tape.blocks[Number(first)] ?? null
      case 'eth_getTransactionReceipt':
        return tape.transactions[first] ?? null
      case 'eth_getLogs':
        return logsOf(tape.logs, first)
      case 'eth_call':
        return call(first)
      default:
        throw new Error(`Nothing is recorded of ${method}.`)
    }
  }

  function call(request: { to: string; data: string }): Hex {
    const known = tape.calls[callKey(request)]
    if (known !== undefined) return known
    // An account without code answers nothing.
    const guess = tape.unknown[selectorKey(request)] ?? '0x'
    self.onGuess?.({ to: request.to, data: request.data, answer: guess })
    return guess
  }
  return self
}

type Filter = {
  address: string
  topics: (null | string | string[])[]
  fromBlock: Hex
  toBlock: Hex
}

function logsOf(logs: readonly RawLog[], { address, topics, fromBlock, toBlock }: Filter) {
  return logs.filter(
    (log) =>
      log.address.toLowerCase() === address.toLowerCase() &&
      Number(log.blockNumber) >= Number(fromBlock) &&
      Number(log.blockNumber) <= Number(toBlock) &&
      topics.every((topic, i) => {
        const actual = log.topics[i]
        return topic === null || (actual !== undefined && [topic].flat().includes(actual))
      }),
  )
}

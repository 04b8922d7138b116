import { createClient, custom, type Client, type Hex, numberToHex } from 'viem'
import { callKey, type RawLog, type Request, selectorKey, type Tape } from './tape.ts'

/** A call that the tape has not, and what was answered in its place. */
export type Guess = { to: string; data: string; answer: Hex | typeof reverted }

/** What is said of a call that a contract reverts, with no reason given. */
export const reverted = 'reverted'

/** The real chain's answers, with no chain. */
export type Replay = {
  client: Client
  /** Sees what is answered as the contract answers of what it doesn't know, to be held against the real chain now and then. */
  onGuess: ((guess: Guess) => void) | undefined
}

/** Plays a tape: what was asked then is answered as then; what was not, as the chain answers to what it doesn't know. */
export function replay(tape: Tape): Replay {
  const last = numberToHex(tape.blocks.length - 1)
  const contracts = new Set(tape.logs.map((log) => log.address.toLowerCase()))
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
    const guess = tape.unknown[selectorKey(request)] ?? unheardOf(request.to)
    self.onGuess?.({ to: request.to, data: request.data, answer: guess })
    if (guess !== reverted) return guess
    throw Object.assign(new Error('execution reverted'), { code: 3, data: '0x' })
  }

  // A contract reverts what it has no function for. An account without code answers nothing.
  const unheardOf = (to: string) => (contracts.has(to.toLowerCase()) ? reverted : '0x')
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

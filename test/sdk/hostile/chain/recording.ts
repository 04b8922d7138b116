import { createClient, custom, type Client, type Hex, http, numberToHex } from 'viem'
import type { Random } from '../../../contracts/support/random.ts'
import { callKey, type RawLog, type Request, selectorKey, type Tape } from './tape.ts'

/** Asks a real chain, and keeps what was called and answered. */
export type Recording = {
  client: Client
  /** Ends the recording: adds blocks, events and transactions, and what the contracts say of what they don't know. */
  tape(random: Random): Promise<Tape>
}

type Call = [{ to: string; data: Hex }, Hex]

/** Begins to record a chain. */
export function record(rpcUrl: string, chainId: number): Recording {
  const { request } = createClient({ transport: http(rpcUrl) })
  const ask = (method: string, params: unknown): Promise<unknown> =>
    request({ method, params } as never)
  const calls: Record<string, Hex> = {}
  const asked = new Map<string, Call>()

  async function answer({ method, params }: Request): Promise<unknown> {
    const result = await ask(method, params)
    if (method === 'eth_call') {
      const [call] = params as Call
      calls[callKey(call)] = result as Hex
      asked.set(selectorKey(call), params as Call)
    }
    return result
  }

  return {
    client: createClient({ transport: custom({ request: answer }) }),
    async tape(random) {
      const head = Number(await ask('eth_blockNumber', []))
      const numbers = Array.from({ length: head + 1 }, (_, i) => numberToHex(i))
      const range = { fromBlock: '0x0', toBlock: 'latest' }
      const logs = (await ask('eth_getLogs', [range])) as RawLog[]
      const hashes = new Set(logs.map((log) => String(log.transactionHash)))
      const unknown: Record<string, Hex> = {}
      for (const [key, [{ to, data }, block]] of asked) {
        unknown[key] = (await ask('eth_call', [
          { to, data: unheardOf(data, random) },
          block,
        ])) as Hex
      }
      return {
        chainId: numberToHex(chainId),
        blocks: await Promise.all(numbers.map((it) => ask('eth_getBlockByNumber', [it, false]))),
        logs,
        transactions: Object.fromEntries(
          await Promise.all(
            [...hashes].map(
              async (it) => [it, await ask('eth_getTransactionReceipt', [it])] as const,
            ),
          ),
        ),
        calls,
        unknown,
      }
    },
  }
}

/** The same call with other words: those that are addresses stay addresses, offsets and lengths stay what they are. */
function unheardOf(data: Hex, random: Random): Hex {
  const words = data.slice(10).match(/.{64}/g) ?? []
  const others = words.map((word) => {
    if (/^0{56}/.test(word)) return word
    const fresh = random.hex(32).slice(2)
    return word.startsWith('0'.repeat(24)) ? fresh.slice(24).padStart(64, '0') : fresh
  })
  return `${data.slice(0, 10)}${others.join('')}` as Hex
}

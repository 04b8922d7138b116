import { createClient, type Hex, http } from 'viem'
import type { Guess } from '../chain/replay.ts'

/** Accounts that the chain itself stands for, such as SHA-256, answer by what they are given; none of them says yes. */
const isPrecompile = (address: string) => BigInt(address) < 2n ** 16n

/** Those of some guesses that the real chain answers otherwise. */
export async function wrongGuesses(rpcUrl: string, guesses: readonly Guess[]): Promise<Guess[]> {
  const client = createClient({ transport: http(rpcUrl) })
  const wrong: Guess[] = []
  for (const guess of guesses) {
    if (isPrecompile(guess.to)) continue
    const { to, data, answer } = guess
    const params = [{ to, data }, 'latest']
    const real: Hex = await client.request({ method: 'eth_call', params } as never)
    if (real !== answer) wrong.push(guess)
  }
  return wrong
}

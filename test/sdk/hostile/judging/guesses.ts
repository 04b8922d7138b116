import { createClient, type Hex, http, RpcRequestError } from 'viem'
import { type Guess, reverted } from '../chain/replay.ts'

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
    const real = client.request({ method: 'eth_call', params } as never)
    if ((await real.catch(revertOrThrow)) !== answer) wrong.push(guess)
  }
  return wrong
}

/** An RPC's error of a call: 3 is that of one that reverted. Anything else says nothing of the chain. */
function revertOrThrow(error: unknown): Hex | typeof reverted {
  if (error instanceof RpcRequestError && error.code === 3) return reverted
  throw error
}

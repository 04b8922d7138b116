import type { Address, Hex } from 'viem'
import type { LocalChain } from '../../indexer/support/chain.ts'
import { assay } from './assay.ts'

type Said = Partial<Record<'status' | 'name' | 'verifier' | 'key', string>> & {
  environmentId: Hex
  statement: string
  deadline: number
  attesters: Address[]
  error?: { code: string; message: string }
}

/** Runs `assay environment … --json` on a local chain. */
export async function environmentCommand(
  { rpcUrl, addresses }: Pick<LocalChain, 'rpcUrl' | 'addresses'>,
  args: readonly string[],
  more: Record<string, string> = {},
) {
  const { environmentRegistry } = addresses
  const env = { ASSAY_RPC_URL: rpcUrl, ASSAY_ENVIRONMENT_REGISTRY: environmentRegistry, ...more }
  const ended = await assay(['environment', ...args, '--json'], { env })
  return { ...ended, said: JSON.parse(ended.stdout) as Said }
}

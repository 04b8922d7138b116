import { createWalletClient, custom, type LocalAccount, type TypedDataDefinition } from 'viem'
import { hardhat } from 'viem/chains'
import type { LocalChain } from '../../indexer/support/chain.ts'

/** What a wallet asks its user about: each is one prompt (EIP-1193, EIP-712). */
const prompting =
  /^(?:eth_sendTransaction|eth_sign\w*|personal_sign|wallet_\w+|eth_requestAccounts)$/

/** A browser's wallet, as an application sees it, that counts what its user is asked. */
export function countingWallet(chain: LocalChain, account: LocalAccount) {
  const prompts: string[] = []
  const provider = {
    async request({ method, params }: { method: string; params?: unknown }): Promise<unknown> {
      if (prompting.test(method)) prompts.push(method)
      if (method === 'eth_signTypedData_v4') {
        const typedData = JSON.parse((params as string[])[1] as string) as TypedDataDefinition
        return account.signTypedData(typedData)
      }
      return chain.client.request({ method, params } as never)
    },
  }
  const wallet = createWalletClient({
    account: account.address,
    chain: { ...hardhat, id: chain.chainId },
    transport: custom(provider),
  })
  return { wallet, prompts }
}

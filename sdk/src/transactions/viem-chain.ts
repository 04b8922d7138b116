import { type Chain, defineChain } from 'viem'

/**
 * A chain as viem describes it, of which nothing but its id is known.
 *
 * @param rpcUrls - Its endpoints, for who asks the chain itself for them. Default: none.
 */
export function viemChain(chainId: number, rpcUrls: readonly string[] = []): Chain {
  return defineChain({
    id: chainId,
    name: `Chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: rpcUrls } },
  })
}

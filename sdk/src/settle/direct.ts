import {
  createWalletClient,
  defineChain,
  http,
  type HttpTransportConfig,
  isAddressEqual,
  type LocalAccount,
} from 'viem'
import { BaseError } from '../errors/base.ts'
import { getChainId } from 'viem/actions'
import type { WriteClient } from '../actions/contract.ts'
import { explain } from '../actions/refusal.ts'
import { isNamed } from '../actions/rpc-failure.ts'
import { getSettlement } from '../actions/getSettlement.ts'
import { settleInline } from '../actions/settleInline.ts'
import { ChainMismatchError } from '../errors/chain.ts'
import { logIdOf } from '../formats/inference.ts'
import { deploymentOf } from '../config/deployment.ts'
import { waitUntilMined } from './mined.ts'
import type { SettledBatch, SignedBatch, Submit } from './submit.ts'

export type DirectOptions = {
  /** JSON-RPC endpoint of the chain. */
  rpcUrl: string
  chainId: number
  /** The session key, which pays the gas itself. */
  account: LocalAccount
  /** How long a transaction may take to be mined, in ms. */
  timeoutMillis: number
}

/** Settles by transactions of the session key itself, which has to hold some of the chain's coin. */
export function direct(options: DirectOptions): Submit {
  const { rpcUrl, chainId, account, timeoutMillis } = options
  const chain = defineChain({
    id: chainId,
    name: deploymentOf(chainId) ? `Assay chain ${chainId}` : `Chain ${chainId}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  })
  const clientUntil = (signal: AbortSignal | undefined): WriteClient =>
    createWalletClient({
      account,
      chain,
      transport: http(rpcUrl, { retryCount: 0, ...until(signal) }),
    })
  let chainChecked = false

  async function submit({ place, batch, signal }: SignedBatch) {
    const { inferenceLog } = place
    const client = clientUntil(signal)
    try {
      if (!chainChecked) {
        const served = await getChainId(client)
        if (served !== chainId) throw new ChainMismatchError(chainId, served)
        chainChecked = true
      }
      // After a crash between sending and noting it, the batch may stand already.
      const { logId, root } = batch
      if (await getSettlement(client, { logId, root, inferenceLog }))
        return { transactionHash: undefined }
      const { first, count, data } = batch
      const hash = await withFreshNonce(() =>
        settleInline(client, {
          key: place,
          first,
          count,
          root,
          data,
          inferenceLog,
        }),
      )
      const { logs } = await waitUntilMined(client, hash, { timeoutMillis, signal })
      // Another one, of a process that was killed, may have been faster: then this one did nothing, and leads nobody to the batch.
      const didSettle = logs.some(({ address }) => isAddressEqual(address, inferenceLog))
      return { transactionHash: didSettle ? hash : undefined }
    } catch (error) {
      throw explain(error, 'inferenceLog', inferenceLog)
    }
  }

  function settlementAt({ place, root, signal }: SettledBatch, blockTag: 'latest' | 'finalized') {
    const { inferenceLog } = place
    return getSettlement(clientUntil(signal), {
      logId: logIdOf(place),
      root,
      inferenceLog,
      blockTag,
    })
  }

  return Object.assign(submit, {
    isFinal: async (settled: SettledBatch) =>
      (await settlementAt(settled, 'finalized')) !== undefined,
    settledAt: async (settled: SettledBatch) => (await settlementAt(settled, 'latest'))?.settledAt,
  })
}

/** A request that outlives its purpose would keep a process alive. */
function until(signal: AbortSignal | undefined): HttpTransportConfig {
  if (!signal) return {}
  return {
    fetchFn: (input, init) => {
      const signals = init?.signal ? [init.signal, signal] : [signal]
      return fetch(input, { ...init, signal: AbortSignal.any(signals) })
    },
  }
}

const maxNonceAttempts = 8

/** Sends again when another process with the same key was faster: a nonce is asked for anew each time. */
async function withFreshNonce<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send()
    } catch (error) {
      const taken =
        error instanceof BaseError && error.walk(isNamed('NonceTooLowError', 'NonceTooHighError'))
      if (!taken || attempt === maxNonceAttempts) throw error
      await new Promise((again) => setTimeout(again, Math.random() * 50 * attempt))
    }
  }
}

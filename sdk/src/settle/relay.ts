import { getBlockNumber } from 'viem/actions'
import type { ReadClient } from '../actions/contract.ts'
import { explain } from '../actions/refusal.ts'
import { environment } from '../config/environment.ts'
import { warn } from '../config/warn.ts'
import { RelayDeviationError, SettlementMismatchError } from '../errors/relay.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'
import type { JournalPlace } from '../journal/journal.ts'
import { hashOfAnswer } from '../relay/answers.ts'
import { postToRelay } from '../relay/post.ts'
import { type ChainState, chainState, clientOf } from './chain-state.ts'
import { urlsOf } from './endpoints.ts'
import { checkFinality, type Finality } from './finality.ts'
import { bodyOf, eventOf, isSettled, simulate } from './relayed-batch.ts'
import type { SettlingEvent } from './settling-event.ts'
import type { SettledBatch, SettledTransaction, SignedBatch, Submit } from './submit.ts'

export type RelayOptions = {
  /**
   * JSON-RPC endpoint at which the chain itself is asked what became of a batch; of several, the next is asked where one fails.
   * Default: ASSAY_RPC_URL.
   */
  rpcUrl?: string | readonly string[] | undefined
  /** When a settlement counts as final. Default: `finalized`. */
  finality?: Finality | undefined
  /** How long one relay may take until the batch is on chain, in ms. Default: 60,000. */
  timeoutMillis?: number | undefined
  /** What settles when no relay does, such as `direct(…)`. Default: nothing; it is tried again later. */
  otherwise?: Submit | undefined
  /** Told of each relay that failed where another one was asked next, and of what a relay changed. Default: a line on the console. */
  onError?: ((error: unknown) => void) | undefined
  /** Sent along to the relays. Default: none. */
  headers?: Record<string, string> | undefined
  /** What asks the relays. Default: `globalThis.fetch`. */
  fetch?: typeof fetch | undefined
}

/** How often the chain is asked, in ms. */
const pollMillis = 250

/**
 * Settles by relays, which pay the gas: neither owner nor session key needs any coin. A relay is believed in nothing: the batch
 * counts as settled once the chain says so, at an endpoint of one's own. A relay that refuses, lies or vanishes costs time only.
 *
 * @param urls - One relay, or several that are asked in turn, also in one text with commas; the one that settled last is asked first.
 * @throws InvalidConfigError
 * @example
 * const recorder = createRecorder({ submit: relay('https://relay.example') })
 */
export function relay(urls: string | readonly string[], options: RelayOptions = {}): Submit {
  const { timeoutMillis = 60_000, otherwise, onError = warn, headers, fetch } = options
  const list = urlsOf(urls, 'relay')
  const rpcUrls = urlsOf(options.rpcUrl ?? environment().ASSAY_RPC_URL, 'rpcUrl (ASSAY_RPC_URL)')
  checkFinality(options.finality)
  /** Which chain it is comes with the first batch. */
  const states = new Map<number, ChainState>()
  let preferred = 0

  function stateOf({ chainId }: Pick<JournalPlace, 'chainId'>): ChainState {
    const state = states.get(chainId) ?? chainState(rpcUrls, chainId, options.finality)
    states.set(chainId, state)
    return state
  }

  /** What one relay brought about. @throws what it refused by, or that it did nothing. */
  async function settleBy(url: string, signed: SignedBatch, client: ReadClient, fromBlock: bigint) {
    const end = performance.now() + timeoutMillis
    const answer = await postToRelay(url, 'settlements', bodyOf(signed), {
      timeoutMillis,
      signal: signed.signal,
      headers,
      fetch,
    })
    while (!(await isSettled(client, signed))) {
      signed.signal?.throwIfAborted()
      if (performance.now() > end) throw new RelayDeviationError(url, 'did-nothing')
      await new Promise((again) => setTimeout(again, pollMillis))
    }
    const named = hashOfAnswer(answer)
    const event = await eventOf(client, signed, fromBlock, named)
    if (event) compare(url, signed, event)
    return event?.transactionHash
  }

  /** Tells what of it only the event shows. The signature keeps all but the address from being changed. */
  function compare(url: string, { batch, uri }: SignedBatch, event: SettlingEvent): void {
    if (event.dataDigest !== batch.dataDigest) {
      throw new SettlementMismatchError('data digest', batch.dataDigest, event.dataDigest)
    }
    if (event.uri === undefined || event.uri === (uri ?? '')) return
    const seen = [`Handed over: ${uri ?? ''}`, `On chain: ${event.uri.slice(0, 200)}`]
    onError(new RelayDeviationError(url, 'changed-uri', seen))
  }

  async function submit(signed: SignedBatch) {
    const { place } = signed
    const client = clientOf(rpcUrls, place.chainId, signed.signal)
    try {
      await stateOf(signed.place).check(signed.signal)
      const fromBlock = await getBlockNumber(client)
      if (await isSettled(client, signed)) return { transactionHash: undefined }
      const failures: unknown[] = []
      for (let i = 0; i < list.length; i++) {
        signed.signal?.throwIfAborted()
        const n = (preferred + i) % list.length
        try {
          const transactionHash = await settleBy(list[n] as string, signed, client, fromBlock)
          preferred = n
          return { transactionHash }
        } catch (error) {
          if (error instanceof SettlementMismatchError) throw error
          failures.push(error)
          // It may have sent it all the same, and vanished.
          if (await isSettled(client, signed)) {
            const event = await eventOf(client, signed, fromBlock, undefined)
            if (event) compare(list[n] as string, signed, event)
            return { transactionHash: event?.transactionHash }
          }
          if (i < list.length - 1 || otherwise) onError(error)
        }
      }
      if (otherwise) return await otherwise(signed)
      // The chain's own reason, if it is the chain that would refuse, and not the relay.
      await simulate(client, signed)
      throw failures.at(-1)
    } catch (error) {
      throw explain(error, 'inferenceLog', place.inferenceLog)
    }
  }

  return Object.assign(submit, {
    isFinal: (settled: SettledBatch) => stateOf(settled.place).isFinal(settled),
    isSettled: (settled: SettledBatch) => stateOf(settled.place).isSettled(settled),
    isSettledBy: (settled: SettledTransaction) => stateOf(settled.place).isSettledBy(settled),
    settledAt: (settled: SettledBatch) => stateOf(settled.place).settledAt(settled),
    finalHead: (place: InferenceLogPlace, signal?: AbortSignal) =>
      stateOf(place).finalHead(place, signal),
    keyExpiresAt: (place: JournalPlace, signal?: AbortSignal) =>
      stateOf(place).keyExpiresAt(place, signal),
  })
}

import type { Hex } from 'viem'
import { sha256, sha256Hex } from '../crypto/sha256.ts'
import { EvidenceNotKeptError } from '../errors/evidence.ts'
import { bytesToHex, toBytes, utf8 } from '../formats/bytes.ts'
import {
  attachEvidence,
  type Evidence,
  type EvidenceExchange,
  exchangeOf,
} from '../formats/evidence.ts'
import { pause } from '../record/turn.ts'
import { within } from '../record/within.ts'
import { besideJournals } from '../store/default-content-store.ts'
import type { ContentStore } from '../store/content-store.ts'
import { fileContentStore } from '../store/file-content-store.ts'
import type { EvidenceKeeper, EvidenceSource, FinishedExchange } from './evidence-source.ts'

export type ProviderEvidenceOptions = {
  /** Where evidence can be had, such as `chatSignatures()` of `@assay/attestation/evidence`. */
  sources: readonly EvidenceSource[]
  /** Where it is kept. Default: a `fileContentStore()` in `evidence` beside the journals, 1 GiB at most. */
  store?: ContentStore | undefined
  /** How long a provider is asked for one piece, in ms, with longer and longer pauses. Default: 300,000. */
  giveUpAfterMillis?: number | undefined
  /** How long one request may take, in ms. Default: 15,000. */
  requestTimeoutMillis?: number | undefined
  /** How long a receipt, `flush` and `shutdown` wait for what is under way, in ms. Default: 10,000. */
  waitMillis?: number | undefined
}

/** Pauses before asking again, in ms: the first, and the longest. */
const firstPauseMillis = 1_000
const maxPauseMillis = 60_000
/** Pieces asked for at once; and those that may wait for their turn. */
const maxAtOnce = 8
const maxWaiting = 10_000

/**
 * Gets evidence from providers for a recorder: after the answer, beside the call, again and again until it is there; checks it before
 * it is kept; and puts it into receipts.
 *
 * It is kept under the digests of its exchange, since that is what it speaks of: it fits every receipt of that exchange, and outlives a
 * log that has to be left.
 *
 * @example
 * const recorder = createRecorder({
 *   evidence: providerEvidence({ sources: [chatSignatures({ apiKey })] }),
 * })
 */
export function providerEvidence({
  sources,
  store = fileContentStore({ directory: besideJournals(undefined, 'evidence') }),
  giveUpAfterMillis = 300_000,
  requestTimeoutMillis = 15_000,
  waitMillis = 10_000,
}: ProviderEvidenceOptions): EvidenceKeeper {
  const underWay = new Map<Hex, Promise<void>>()
  const turns: (() => void)[] = []
  let atOnce = 0
  let onError: (error: unknown) => void = () => undefined

  /** Runs some work when it is its turn. */
  async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (atOnce < maxAtOnce) atOnce++
    else await new Promise<void>((resolve) => turns.push(resolve))
    try {
      return await work()
    } finally {
      const next = turns.shift()
      if (next) next()
      else atOnce--
    }
  }

  /** Asks once. @returns Undefined if it is to be asked again. */
  async function ask(
    source: EvidenceSource,
    exchange: FinishedExchange,
  ): Promise<Evidence | undefined> {
    const signal = AbortSignal.timeout(requestTimeoutMillis)
    const content = await source.fetch(exchange, { signal })
    if (content === undefined) return undefined
    try {
      await source.read(content, exchange)
    } catch (cause) {
      throw new EvidenceNotKeptError(source.name, 'refused', { cause })
    }
    return { format: source.name, content }
  }

  async function fetched(
    source: EvidenceSource,
    exchange: FinishedExchange,
  ): Promise<Evidence | undefined> {
    const end = performance.now() + giveUpAfterMillis
    let cause: unknown
    for (let wait = firstPauseMillis; ; wait = Math.min(2 * wait, maxPauseMillis)) {
      try {
        const evidence = await inTurn(() => ask(source, exchange))
        if (evidence) return evidence
      } catch (error) {
        // What is signed once does not become right by asking again.
        if (error instanceof EvidenceNotKeptError) return told(error)
        cause = error
      }
      if (performance.now() + wait > end) {
        return told(new EvidenceNotKeptError(source.name, 'missing', { cause }))
      }
      // A process that is done need not stay for it.
      await pause(wait, false)
    }
  }

  function told(error: unknown): undefined {
    onError(error)
  }

  async function keep(key: Hex, exchange: FinishedExchange, from: readonly EvidenceSource[]) {
    const found = await Promise.all(from.map((source) => fetched(source, exchange)))
    const evidence = found.filter((it) => it !== undefined)
    if (evidence.length === 0) return
    const bytes = utf8(JSON.stringify(evidence))
    try {
      // The store names bytes by their digest; these are asked for by that of their exchange.
      await store.put({ bytes, digest: sha256Hex(bytes), insteadOf: key })
    } catch (cause) {
      told(new EvidenceNotKeptError(formatsOf(evidence), 'store', { cause }))
    }
  }

  return {
    take(exchange, tell) {
      onError = tell
      const from = sources.filter((source) => source.isFor(exchange))
      const key = keyOf(exchange)
      if (from.length === 0 || underWay.has(key)) return
      if (underWay.size >= maxWaiting) return told(new EvidenceNotKeptError(from[0]!.name, 'busy'))
      const work = keep(key, exchange, from)
        .catch(told)
        .finally(() => underWay.delete(key))
      underWay.set(key, work)
    },
    async attach(receipt) {
      const exchange = exchangeOf(receipt)
      if (!exchange) return receipt
      const key = keyOf(exchange)
      try {
        await within(waitMillis, underWay.get(key) ?? Promise.resolve()).catch(() => undefined)
        const kept = await store.get(key)
        if (!kept) return receipt
        return attachEvidence(
          receipt,
          JSON.parse(new TextDecoder().decode(kept.bytes)) as Evidence[],
        )
      } catch (cause) {
        told(new EvidenceNotKeptError('kept', 'store', { cause }))
        return receipt
      }
    },
    async idle() {
      await within(waitMillis, Promise.all(underWay.values())).catch(() => undefined)
    },
  }
}

/** SHA-256 of both digests. */
function keyOf({ requestDigest, responseDigest }: EvidenceExchange): Hex {
  return bytesToHex(sha256(toBytes(`${requestDigest}${responseDigest.slice(2)}`)))
}

const formatsOf = (evidence: readonly Evidence[]) => evidence.map(({ format }) => format).join(', ')

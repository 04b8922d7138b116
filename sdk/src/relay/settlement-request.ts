import type { Address, Hex } from 'viem'
import { InvalidInputError } from '../errors/input.ts'
import type { BatchMode } from '../formats/batch.ts'
import type { InferenceLogKey } from '../formats/inference.ts'
import {
  digits,
  hexOf,
  hexUpTo,
  listOf,
  objectOf,
  oneOf,
  type Refuse,
  text,
} from '../formats/shape.ts'
import { parseStrictJson } from '../formats/strict-json.ts'

/** A signed batch as it is handed to a relay. */
export type RelayedBatch = {
  log: InferenceLogKey
  first: bigint
  count: number
  root: Hex
  /** EIP-712 signature by the session key, or by the owner in its place. */
  signature: Hex
} & (
  | { mode: 'inline'; data: Hex }
  | {
      mode: 'external'
      /** SHA-256 of the batch data. */
      dataDigest: Hex
      /** Where the batch data can be had; a hint that nothing binds. */
      uri: string
    }
)

/** Signed batches for one chain and one contract. */
export type SettlementRequest = {
  chainId: number
  inferenceLog: Address
  /** Those of one inference log in their order. */
  batches: RelayedBatch[]
}

/** What a request may hold at most: more than fits into a transaction in any case. */
export const settlementRequestLimits = {
  /** Of the body; 2^24 gas pay for 420,000 bytes of calldata (EIP-7623, EIP-7825), which are twice as many digits. */
  maxBytes: 2 ** 21,
  maxBatches: 100,
  maxUriLength: 2_048,
  maxSignatureBytes: 8_192,
} as const

const { maxBytes, maxBatches, maxUriLength, maxSignatureBytes } = settlementRequestLimits
const jsonLimits = { maxLength: maxBytes, maxDepth: 4, maxValues: 32 * maxBatches }
const refuse: Refuse = (path, problem, options) =>
  new InvalidInputError('settlement request', path, problem, {
    docsPath: 'relay.md#settlements',
    ...options,
  })

const common = {
  log: objectOf({ owner: hexOf(20), sessionKey: hexOf(20), instance: hexOf(32) }),
  first: digits(64),
  count: digits(32),
  root: hexOf(32),
  mode: oneOf('inline', 'external'),
  signature: hexUpTo(maxSignatureBytes),
}
const inline = objectOf({ ...common, data: hexUpTo(maxBytes / 2) })
const external = objectOf({ ...common, dataDigest: hexOf(32), uri: text(maxUriLength) })
const shape = objectOf({
  chainId: digits(53),
  inferenceLog: hexOf(20),
  batches: listOf(
    (value, path, no) =>
      ((value as { mode?: unknown } | null)?.mode === 'external' ? external : inline)(
        value,
        path,
        no,
      ),
    maxBatches,
    1,
  ),
})

type Raw = {
  chainId: string
  inferenceLog: Address
  batches: (Omit<RelayedBatch, 'first' | 'count'> & {
    mode: BatchMode
    first: string
    count: string
  })[]
}

/**
 * Reads a request. Data, roots and signatures are not looked at.
 *
 * @param text - JSON, not trusted.
 * @throws InvalidInputError
 */
export function parseSettlementRequest(text: string): SettlementRequest {
  const json = parseStrictJson(text, refuse, jsonLimits)
  shape(json, '', refuse)
  const { chainId, inferenceLog, batches } = json as Raw
  return {
    chainId: Number(chainId),
    inferenceLog,
    batches: batches.map((batch) => ({
      ...(batch as unknown as RelayedBatch),
      first: BigInt(batch.first),
      count: Number(batch.count),
    })),
  }
}

/** A request as JSON. */
export function formatSettlementRequest(request: SettlementRequest): string {
  return JSON.stringify({
    chainId: String(request.chainId),
    inferenceLog: request.inferenceLog.toLowerCase(),
    batches: request.batches.map(({ log, first, count, ...batch }) => ({
      log: {
        owner: log.owner.toLowerCase(),
        sessionKey: log.sessionKey.toLowerCase(),
        instance: log.instance.toLowerCase(),
      },
      first: String(first),
      count: String(count),
      ...batch,
    })),
  })
}

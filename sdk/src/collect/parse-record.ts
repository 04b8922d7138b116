import type { Hex } from 'viem'
import { InvalidInputError } from '../errors/input.ts'
import type { Outcome } from '../formats/fields.ts'
import type { Refuse } from '../formats/shape.ts'
import { parseStrictJson } from '../formats/strict-json.ts'
import { recordShape } from './record-shape.ts'

/** Bytes as they come in JSON, or their SHA-256 where they are not to leave their place. */
export type CollectedContent =
  | { text: string; contentType?: string }
  | { base64: string; contentType?: string }
  | { sha256: Hex; contentType?: never }

/** An inference as another program hands it in: see docs/collector.md for each member. */
export type CollectedRecord = {
  idempotencyKey?: string
  request: CollectedContent
  response: CollectedContent
  outputText?: CollectedContent
  model?: { requested?: string; returned?: string }
  endpoint?: string
  outcome?: Outcome
  usage?: Record<string, unknown>
  finishReason?: string
  modelId?: Hex
  environmentId?: Hex
  /** Unix milliseconds. */
  servedAt?: number
  messages?: ({ json: unknown } | { sha256: Hex })[]
  extensions?: Record<string, { text: string } | { base64: string }>
}

const maxDepth = 32
const maxValues = 100_000

/**
 * Reads one record, and refuses what is not one to the letter. What a refusal says holds names of members, and nothing of their values.
 *
 * @param json - Not trusted.
 * @param maxLength - In UTF-16 code units.
 * @param idempotencyKey - That came beside the record. Default: none.
 * @throws InvalidInputError
 */
export function parseCollectedRecord(
  json: string,
  maxLength: number,
  idempotencyKey?: string,
): CollectedRecord {
  const given = parseStrictJson(json, refuse, { maxLength, maxDepth, maxValues })
  const record = idempotencyKey === undefined ? given : withKey(given, idempotencyKey)
  recordShape(record, '', refuse)
  return record as CollectedRecord
}

function withKey(given: unknown, idempotencyKey: string): unknown {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return given
  if (Object.hasOwn(given, 'idempotencyKey')) throw refuse('idempotencyKey', 'is given twice')
  return { ...given, idempotencyKey }
}

// What the runtime says of malformed JSON quotes it.
const refuse: Refuse = (path, problem, options) =>
  new InvalidInputError(
    'record',
    path,
    problem.startsWith('is not JSON') ? 'is not JSON' : problem,
    { docsPath: 'collector.md#records', ...options },
  )

import { Buffer } from 'node:buffer'
import canonicalize from 'canonicalize'
import { sha256 } from '../crypto/sha256.ts'
import { InvalidInputError } from '../errors/input.ts'
import { concatBytes, toBytes, utf8 } from '../formats/bytes.ts'
import type { Field, StandardField } from '../formats/fields.ts'
import { messageDigest } from '../formats/messages.ts'
import { createAnswerReader } from '../record/answer.ts'
import { type AnswerFacts, isFact } from '../record/answer-facts.ts'
import type { Draft } from '../record/draft.ts'
import { modelIn } from '../record/request-body.ts'
import { keyDigest, keyField } from './key-field.ts'
import type { CollectedContent, CollectedRecord } from './parse-record.ts'

/** A draft that leaves to the recorder what its record does not say. */
export type CollectedDraft = Omit<Draft, 'modelId' | 'environmentId' | 'servedAt' | 'reissueOf'> &
  Partial<Pick<Draft, 'modelId' | 'environmentId' | 'servedAt'>>

/**
 * Makes of a record what is committed to. Of contents that come with their type, what they say themselves is read as the recorder's
 * `fetch` reads it; what the record says goes before that.
 *
 * @throws InvalidInputError if the usage or a message has no canonical JSON.
 */
export function draftOf(record: CollectedRecord): CollectedDraft {
  const { idempotencyKey, modelId, environmentId, servedAt } = record
  const extensions: Field[] = Object.entries(record.extensions ?? {}).map(([name, given]) => ({
    name,
    value: bytesOf(given),
  }))
  if (idempotencyKey !== undefined) {
    extensions.push({ name: keyField, value: keyDigest(idempotencyKey) })
  }
  return {
    ...(modelId === undefined ? {} : { modelId }),
    ...(environmentId === undefined ? {} : { environmentId }),
    ...(servedAt === undefined ? {} : { servedAt: BigInt(servedAt) }),
    standard: standardOf(record),
    extensions,
    messages: record.messages && concatBytes(...record.messages.map(digestOfMessage)),
  }
}

function standardOf(record: CollectedRecord): Partial<Record<StandardField, Uint8Array>> {
  const { model = {}, endpoint, outcome = 'complete', finishReason, outputText } = record
  const request = readContent(record.request)
  const response = readContent(record.response)
  const said = factsOf(response)
  const requested = model.requested ?? modelOf(request)
  const returned = model.returned ?? said.model
  const usage = record.usage === undefined ? said.usage : canonicalUsage(record.usage)
  const finish = finishReason ?? said.finishReason
  const text = outputText ? readContent(outputText).digest : said.textDigest
  return {
    'request.sha256': request.digest,
    'response.sha256': response.digest,
    ...(text ? { 'output.text.sha256': text } : {}),
    ...(endpoint === undefined ? {} : { endpoint: utf8(endpoint) }),
    ...(requested === undefined ? {} : { 'model.requested': utf8(requested) }),
    ...(returned === undefined ? {} : { 'model.returned': utf8(returned) }),
    outcome: utf8(outcome),
    ...(usage === undefined ? {} : { usage: utf8(usage) }),
    ...(finish === undefined ? {} : { finish_reason: utf8(finish) }),
  }
}

type ReadContent = { digest: Uint8Array; bytes?: Uint8Array; contentType?: string | undefined }

function readContent(given: CollectedContent): ReadContent {
  if ('sha256' in given) return { digest: toBytes(given.sha256) }
  const bytes = bytesOf(given)
  return { digest: sha256(bytes), bytes, contentType: given.contentType }
}

function bytesOf(given: { text: string } | { base64: string }): Uint8Array {
  return 'text' in given ? utf8(given.text) : new Uint8Array(Buffer.from(given.base64, 'base64'))
}

function factsOf({ bytes, contentType }: ReadContent): Omit<AnswerFacts, 'ended'> {
  if (!bytes || contentType === undefined) return {}
  const reader = createAnswerReader(contentType)
  reader.push?.(bytes)
  return reader.facts(bytes.length <= reader.wholeBytes ? bytes : undefined)
}

function modelOf({ bytes, contentType }: ReadContent): string | undefined {
  if (!bytes || contentType === undefined) return undefined
  const { model } = modelIn(new TextDecoder().decode(bytes))
  return isFact(model) ? model : undefined
}

function canonicalUsage(usage: Record<string, unknown>): string {
  const text = canonicalOf(usage)
  if (isFact(text)) return text
  throw new InvalidInputError('record', 'usage', 'must be short, and have a canonical form', {
    docsPath: 'collector.md#records',
  })
}

function canonicalOf(value: unknown): string | undefined {
  try {
    return canonicalize(value)
  } catch {
    return undefined
  }
}

function digestOfMessage(message: { json: unknown } | { sha256: `0x${string}` }): Uint8Array {
  return 'json' in message ? messageDigest(message.json) : toBytes(message.sha256)
}

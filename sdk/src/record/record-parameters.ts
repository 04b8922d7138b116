import type { Hex } from 'viem'
import { word } from '../config/recorder-config.ts'
import { createSha256, sha256 } from '../crypto/sha256.ts'
import { InvalidInputError } from '../errors/input.ts'
import { concatBytes, utf8 } from '../formats/bytes.ts'
import {
  type Field,
  fieldCounts,
  type Outcome,
  standardFields,
  type StandardField,
} from '../formats/fields.ts'
import { maxMessages, messageDigest, messagesField } from '../formats/messages.ts'

/** Bytes in any shape. A text stands for its UTF-8 bytes, a view for the part of the memory that it shows. */
export type Bytes = string | ArrayBuffer | ArrayBufferView | Blob | ReadableStream<Uint8Array>

/** What `recorder.record` takes: the bytes of an exchange, or of any computation with an input and an output. */
export type RecordParameters = {
  /** What went in. A stream is read to its end. */
  request: Bytes
  /** What came out. A stream is read to its end. */
  response: Bytes
  /** The text that was generated, if one was. Default: none. */
  outputText?: string | undefined
  /** The registered model. Default: the recorder's. */
  modelId?: Hex | undefined
  /** The registered environment. Default: the recorder's. */
  environmentId?: Hex | undefined
  /** Private name of the model. Default: none. */
  model?: string | undefined
  /** Where it ran: origin and path, or any name. Default: none. */
  endpoint?: string | undefined
  /** Default: `complete`. */
  outcome?: Outcome | undefined
  /** Unix milliseconds. Default: now. */
  servedAt?: number | undefined
  /**
   * Messages of the input to commit to one by one, so that one can be shown without the others: JSON values, 1,024 at most. They
   * take the place of an extension. Default: none.
   */
  messages?: readonly unknown[] | undefined
  /** Further private fields, seven at most; names other than the standard ones. Default: none. */
  extensions?: Record<string, Uint8Array | string> | undefined
}

/** The digest of some bytes, and the bytes themselves if they are to be kept. */
export type Digested = { digest: Uint8Array; bytes: Uint8Array | undefined }

/**
 * Takes the digest of bytes in any shape. What is in memory is read before this returns, so that the caller may write to it again.
 *
 * @param maxKept - How many bytes to keep at most; 0 keeps none.
 */
export function digestOf(value: Bytes, maxKept: number): Digested | Promise<Digested> {
  if (value instanceof ReadableStream) return digestStream(value, maxKept)
  if (value instanceof Blob) return digestStream(value.stream(), maxKept)
  const bytes = inMemory(value)
  return {
    digest: sha256(bytes),
    bytes: bytes.length <= maxKept && maxKept > 0 ? bytes.slice() : undefined,
  }
}

function inMemory(value: string | ArrayBuffer | ArrayBufferView): Uint8Array {
  if (typeof value === 'string') return utf8(value)
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}

async function digestStream(
  stream: ReadableStream<Uint8Array>,
  maxKept: number,
): Promise<Digested> {
  const hash = createSha256()
  const kept: Uint8Array[] = []
  let size = 0
  const reader = stream.getReader()
  for (;;) {
    const { done, value } = await reader.read()
    if (done) break
    hash.update(value)
    size += value.length
    if (size <= maxKept) kept.push(value.slice())
    else kept.length = 0
  }
  const whole = maxKept > 0 && size <= maxKept
  return { digest: hash.digest(), bytes: whole ? concatBytes(...kept) : undefined }
}

/** The standard fields that parameters stand for. */
export function fieldsOf(
  parameters: RecordParameters,
  request: Digested,
  response: Digested,
): Partial<Record<StandardField, Uint8Array>> {
  const { outputText, model, endpoint, outcome = 'complete' } = parameters
  return {
    'request.sha256': request.digest,
    'response.sha256': response.digest,
    ...(outputText === undefined ? {} : { 'output.text.sha256': sha256(utf8(outputText)) }),
    ...(model === undefined ? {} : { 'model.requested': utf8(model) }),
    ...(endpoint === undefined ? {} : { endpoint: utf8(endpoint) }),
    outcome: utf8(outcome),
  }
}

/** What stands beside the standard fields. */
export type Extra = {
  modelId?: Hex
  environmentId?: Hex
  servedAt?: number
  extensions?: readonly Field[]
  messages?: Uint8Array
}

/** @throws InvalidInputError, InvalidConfigError if a parameter is malformed. */
export function extraOf(parameters: RecordParameters): Extra {
  const { modelId, environmentId, servedAt, messages, extensions = {} } = parameters
  if (
    servedAt !== undefined &&
    !(Number.isSafeInteger(servedAt) && servedAt >= 0 && servedAt < 2 ** 48)
  ) {
    throw new InvalidInputError('record', 'servedAt', 'must be Unix milliseconds, below 2^48')
  }
  const most = fieldCounts.most - standardFields.length - (messages ? 1 : 0)
  if (Object.keys(extensions).length > most) {
    throw new InvalidInputError('record', 'extensions', `must be ${most} at most`)
  }
  for (const name of Object.keys(extensions)) {
    if (standardFields.includes(name as StandardField)) {
      throw new InvalidInputError('record', `extensions.${name}`, 'is the name of a standard field')
    }
    if (messages && name === messagesField) {
      throw new InvalidInputError('record', `extensions.${name}`, 'is the field of the messages')
    }
  }
  return {
    ...(modelId === undefined ? {} : { modelId: word(modelId, 'modelId') }),
    ...(environmentId === undefined ? {} : { environmentId: word(environmentId, 'environmentId') }),
    ...(servedAt === undefined ? {} : { servedAt }),
    ...(messages ? { messages: digestsOf(messages) } : {}),
    extensions: Object.entries(extensions).map(([name, value]) => ({
      name,
      value: typeof value === 'string' ? utf8(value) : value.slice(),
    })),
  }
}

function digestsOf(messages: readonly unknown[]): Uint8Array {
  if (messages.length === 0 || messages.length > maxMessages) {
    throw new InvalidInputError('record', 'messages', `must be 1 to ${maxMessages}`)
  }
  return concatBytes(...messages.map(messageDigest))
}

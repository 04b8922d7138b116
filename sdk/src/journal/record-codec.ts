import type { Hex } from 'viem'
import { bytesToHex, toBytes, utf8 } from '../formats/bytes.ts'
import { type Field, standardFields } from '../formats/fields.ts'
import { frameHeadLength, sealFrame } from './frame.ts'
import type {
  InferenceRecord,
  JournalProgress,
  JournalState,
  ReissuedRecord,
  SettledRecord,
  SignedRecord,
} from './journal.ts'

/** First record of each segment: whose journal it is, and how far it had come when the segment began. */
export type HeaderRecord = {
  format: typeof journalFormat
  chainId: number
  inferenceLog: Hex
  owner: Hex
  sessionKey: Hex
  instance: Hex
  seed: Hex
  state: JournalState
}

export const journalFormat = 'assay/journal/v2'

/** Kinds of records, by the byte that begins each. */
export const kinds = {
  header: 0,
  inference: 1,
  signed: 2,
  settled: 3,
  progress: 4,
  reissued: 5,
} as const

/** What a record tells, by its kind. */
export type Told = {
  header: HeaderRecord
  signed: SignedRecord
  settled: SettledRecord
  progress: JournalProgress
  reissued: ReissuedRecord
}

/** A record as it stands in a frame: its kind, and its body. */
export type RawRecord = { kind: number; body: Uint8Array }

/** Where the parts of an inference's body stand: sequence (8), servedAt (8), model, environment, commitment, id (32 each). */
const at = {
  sequence: 0,
  servedAt: 8,
  model: 16,
  environment: 48,
  commitment: 80,
  id: 112,
  fields: 144,
}
const recordHeadLength = 5

/**
 * Gathers records to be written at once. Each is its length (4 bytes, of kind and body), its kind (1 byte) and its body: of an
 * inference the numbers and hashes in fixed places, then its fields, then the digests of its messages, if they are committed to; of
 * the others, which are rare, JSON.
 */
export type FrameWriter = {
  inference(record: InferenceRecord): void
  json<K extends keyof Told>(kind: K, record: Told[K]): void
  /** The frame of what was gathered, and an empty writer. */
  take(): Uint8Array
}

/** @param key - Of the journal's frames. */
export function createFrameWriter(key: number): FrameWriter {
  let bytes = new Uint8Array(16_384)
  let view = new DataView(bytes.buffer)
  let length = frameHeadLength

  function reserve(more: number): void {
    if (length + more <= bytes.length) return
    const larger = new Uint8Array(2 * (length + more))
    larger.set(bytes.subarray(0, length))
    bytes = larger
    view = new DataView(bytes.buffer)
  }

  function begin(kind: number, bodyLength: number): number {
    reserve(recordHeadLength + bodyLength)
    view.setUint32(length, bodyLength + 1)
    bytes[length + 4] = kind
    const body = length + recordHeadLength
    length = body + bodyLength
    return body
  }

  return {
    inference(record) {
      const { fields, messages = noBytes } = record
      let size = at.fields + 1 + messages.length
      for (const [i, { name, value }] of fields.entries()) {
        size += 6 + value.length + (isStandard(name, i) ? 0 : utf8(name).length)
      }
      const start = begin(kinds.inference, size)
      view.setBigUint64(start + at.sequence, record.sequence)
      view.setBigUint64(start + at.servedAt, record.servedAt)
      bytes.set(toBytes(record.modelId), start + at.model)
      bytes.set(toBytes(record.environmentId), start + at.environment)
      bytes.set(toBytes(record.commitment), start + at.commitment)
      bytes.set(record.inferenceId, start + at.id)
      bytes[start + at.fields] = fields.length
      let offset = start + at.fields + 1
      for (const [i, { name, value }] of fields.entries()) {
        // A standard name follows from its place.
        const nameBytes = isStandard(name, i) ? noBytes : utf8(name)
        view.setUint16(offset, nameBytes.length)
        view.setUint32(offset + 2, value.length)
        bytes.set(nameBytes, offset + 6)
        bytes.set(value, offset + 6 + nameBytes.length)
        offset += 6 + nameBytes.length + value.length
      }
      bytes.set(messages, offset)
    },
    json(kind, record) {
      const text = utf8(
        JSON.stringify(record, (_, value) =>
          typeof value === 'bigint' ? `${value}n` : (value as unknown),
        ),
      )
      // First, since it may put another array in the place of `bytes`.
      const start = begin(kinds[kind], text.length)
      bytes.set(text, start)
    },
    take() {
      const frame = bytes.slice(0, length)
      length = frameHeadLength
      // A burst's memory isn't kept for ever.
      if (bytes.length > 1 << 20) {
        bytes = new Uint8Array(16_384)
        view = new DataView(bytes.buffer)
      }
      sealFrame(frame, key)
      return frame
    },
  }
}

const noBytes = new Uint8Array(0)

function isStandard(name: string, index: number): boolean {
  return standardFields[index] === name
}

/** The records of a frame's content. The frame's checksum has vouched for its form. */
export function* recordsOf(content: Uint8Array): Generator<RawRecord> {
  const view = new DataView(content.buffer, content.byteOffset, content.byteLength)
  for (let offset = 0; offset < content.length;) {
    const end = offset + 4 + view.getUint32(offset)
    yield {
      kind: content[offset + 4] as number,
      body: content.subarray(offset + recordHeadLength, end),
    }
    offset = end
  }
}

/** What a record of JSON says. */
export function readJson<K extends keyof Told>(_kind: K, body: Uint8Array): Told[K] {
  return JSON.parse(new TextDecoder().decode(body), (_, value: unknown) =>
    typeof value === 'string' && /^[0-9]+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as Told[K]
}

/** Sequence number of an inference, without reading the rest. */
export function sequenceIn(body: Uint8Array): bigint {
  return new DataView(body.buffer, body.byteOffset, 8).getBigUint64(at.sequence)
}

/** The inference id, 32 bytes, without reading the rest. */
export function inferenceIdIn(body: Uint8Array): Uint8Array {
  return body.subarray(at.id, at.id + 32)
}

/** An inference. Its byte strings are views of the body; its fields are read when they are asked for. */
export function readInference(body: Uint8Array): InferenceRecord {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const part = (offset: number) => body.subarray(offset, offset + 32)
  return {
    sequence: view.getBigUint64(at.sequence),
    servedAt: view.getBigUint64(at.servedAt),
    modelId: bytesToHex(part(at.model)),
    environmentId: bytesToHex(part(at.environment)),
    commitment: bytesToHex(part(at.commitment)),
    inferenceId: part(at.id),
    get fields() {
      return fieldsIn(body, view).fields
    },
    get messages() {
      const { end } = fieldsIn(body, view)
      return end < body.length ? body.subarray(end) : undefined
    },
  }
}

function fieldsIn(body: Uint8Array, view: DataView): { fields: Field[]; end: number } {
  const fields: Field[] = []
  let offset = at.fields + 1
  for (let i = 0; i < (body[at.fields] as number); i++) {
    const nameLength = view.getUint16(offset)
    const valueStart = offset + 6 + nameLength
    const valueEnd = valueStart + view.getUint32(offset + 2)
    const name = nameLength
      ? new TextDecoder().decode(body.subarray(offset + 6, valueStart))
      : (standardFields[i] ?? '')
    fields.push({ name, value: body.subarray(valueStart, valueEnd) })
    offset = valueEnd
  }
  return { fields, end: offset }
}

import type { Hex } from 'viem'
import { InvalidBatchDataError } from '../errors/input.ts'
import { bytesToHex, toBytes } from './bytes.ts'
import type { Inference } from './inference.ts'

/** What batch data holds of an inference: all but the log and the sequence, which its batch gives. */
export type BatchRecord = Pick<Inference, 'modelId' | 'environmentId' | 'commitment' | 'servedAt'>

const version = 1
const headerLength = 9
/** Bytes of a record in batch data. */
export const batchRecordLength = 42
const maxDictionary = 0xffff
const maxServedAt = 2n ** 48n - 1n

/** Length of batch data in bytes. */
export function batchDataLength(models: number, environments: number, count: number): number {
  return headerLength + 32 * (models + environments) + batchRecordLength * count
}

/**
 * Batch data, version 1, the same bytes inline and external. All numbers are big-endian.
 *
 * | offset | bytes | field |
 * |---|---|---|
 * | 0 | 1 | version, 1 |
 * | 1 | 2 | m, number of models |
 * | 3 | 2 | e, number of environments |
 * | 5 | 4 | n, number of inferences, at least 1 |
 * | 9 | 32 m | model ids |
 * | 9 + 32 m | 32 e | environment ids |
 * | 9 + 32 (m + e) | 42 n | records: model index (2), environment index (2), servedAt in Unix ms (6), commitment (32) |
 *
 * The dictionaries hold each id once, in order of first use, so that the same records always give the same bytes.
 *
 * @throws InvalidBatchDataError if there is no record, a dictionary outgrows 65,535 ids or a servedAt 48 bits.
 */
export function encodeBatchData(records: readonly BatchRecord[]): Uint8Array {
  if (records.length === 0) throw new InvalidBatchDataError('holds no inference')
  const models = new Map<Hex, number>()
  const environments = new Map<Hex, number>()
  for (const record of records) {
    if (!models.has(record.modelId)) models.set(record.modelId, models.size)
    if (!environments.has(record.environmentId)) {
      environments.set(record.environmentId, environments.size)
    }
  }
  if (models.size > maxDictionary || environments.size > maxDictionary) {
    throw new InvalidBatchDataError(
      `would name ${models.size} models and ${environments.size} environments, at most ${maxDictionary} of each fit`,
    )
  }
  const bytes = new Uint8Array(batchDataLength(models.size, environments.size, records.length))
  const view = new DataView(bytes.buffer)
  view.setUint8(0, version)
  view.setUint16(1, models.size)
  view.setUint16(3, environments.size)
  view.setUint32(5, records.length)
  let offset = headerLength
  for (const id of [...models.keys(), ...environments.keys()]) {
    bytes.set(toBytes(id), offset)
    offset += 32
  }
  for (const record of records) {
    if (record.servedAt < 0n || record.servedAt > maxServedAt) {
      throw new InvalidBatchDataError(
        `has a servedAt of ${record.servedAt} ms, which leaves 48 bits`,
      )
    }
    view.setUint16(offset, models.get(record.modelId) as number)
    view.setUint16(offset + 2, environments.get(record.environmentId) as number)
    view.setUint16(offset + 4, Number(record.servedAt >> 32n))
    view.setUint32(offset + 6, Number(record.servedAt & 0xffffffffn))
    bytes.set(toBytes(record.commitment), offset + 10)
    offset += batchRecordLength
  }
  return bytes
}

/** Where the parts of batch data are. */
export type BatchDataLayout = {
  /** Ids in the dictionaries. */
  models: number
  environments: number
  /** Number of inferences. */
  count: number
  /** Offset of the first record; each has `batchRecordLength` bytes. */
  records: number
}

/**
 * Checks batch data without making its records, which take many times its room. Accepts exactly what the InferenceLog contract accepts.
 *
 * @param bytes - Batch data, not trusted.
 * @throws InvalidBatchDataError if it is not batch data, version 1, to the last byte.
 */
export function checkBatchData(bytes: Uint8Array): BatchDataLayout {
  if (bytes.length < headerLength) {
    throw new InvalidBatchDataError(
      `has ${bytes.length} bytes, fewer than its header's ${headerLength}`,
    )
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint8(0) !== version) {
    throw new InvalidBatchDataError(`has version ${view.getUint8(0)}, not ${version}`)
  }
  const models = view.getUint16(1)
  const environments = view.getUint16(3)
  const count = view.getUint32(5)
  if (count === 0) throw new InvalidBatchDataError('holds no inference')
  const expected = batchDataLength(models, environments, count)
  if (bytes.length !== expected) {
    throw new InvalidBatchDataError(`has ${bytes.length} bytes where its header gives ${expected}`)
  }
  const records = headerLength + 32 * (models + environments)
  for (let i = 0; i < count; i++) {
    const offset = records + batchRecordLength * i
    if (view.getUint16(offset) >= models || view.getUint16(offset + 2) >= environments) {
      throw new InvalidBatchDataError(
        `has a record, number ${i}, that points outside its dictionaries`,
      )
    }
  }
  return { models, environments, count, records }
}

/**
 * Reads batch data. Accepts exactly what the InferenceLog contract accepts.
 *
 * @param data - Batch data, not trusted.
 * @throws InvalidBatchDataError if it is not batch data, version 1, to the last byte.
 */
export function decodeBatchData(data: Uint8Array | Hex): BatchRecord[] {
  const bytes = toBytes(data)
  const layout = checkBatchData(bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const word = (offset: number) => bytesToHex(bytes.subarray(offset, offset + 32))
  const dictionary = (offset: number, size: number) =>
    Array.from({ length: size }, (_, i) => word(offset + 32 * i))
  const models = dictionary(headerLength, layout.models)
  const environments = dictionary(headerLength + 32 * layout.models, layout.environments)
  return Array.from({ length: layout.count }, (_, i) => {
    const offset = layout.records + batchRecordLength * i
    return {
      modelId: models[view.getUint16(offset)]!,
      environmentId: environments[view.getUint16(offset + 2)]!,
      servedAt: (BigInt(view.getUint16(offset + 4)) << 32n) | BigInt(view.getUint32(offset + 6)),
      commitment: word(offset + 10),
    }
  })
}

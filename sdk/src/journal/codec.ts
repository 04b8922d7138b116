import type * as NodeZlib from 'node:zlib'
import type { Hex } from 'viem'
import { builtin } from '../crypto/node.ts'
import { bytesToHex, toBytes, utf8 } from '../formats/bytes.ts'
import type { JournalRecord } from './journal.ts'

/** First line of a journal. */
export type JournalHeader = {
  format: 'assay/journal/v1'
  chainId: number
  inferenceLog: Hex
  owner: Hex
  sessionKey: Hex
  instance: Hex
  seed: Hex
}

/**
 * A line of a journal: CRC-32 (IEEE 802.3) of the JSON as 8 hex digits, a space, the JSON, a line feed. A line that was cut, at
 * any byte, lacks the line feed or fails its checksum.
 */
export function encodeLine(value: JournalHeader | JournalRecord): string {
  const json = JSON.stringify('type' in value ? write(value) : value)
  return `${checksum(json)} ${json}\n`
}

/** What reviveRecord restores. Written out by type: a general replacer takes several times as long, and it runs once an inference. */
function write(record: JournalRecord): Written<JournalRecord> {
  switch (record.type) {
    case 'inference':
      return {
        ...record,
        sequence: String(record.sequence),
        servedAt: String(record.servedAt),
        fields: record.fields.map(({ name, value }) => ({ name, value: bytesToHex(value) })),
      }
    case 'batch':
    case 'settlement':
      return { ...record, first: String(record.first) }
  }
}

/** What a line without its line feed holds, or undefined if it is damaged. */
export function decodeLine(line: string): unknown {
  const json = line.slice(9)
  if (line[8] !== ' ' || line.slice(0, 8) !== checksum(json)) return undefined
  return JSON.parse(json)
}

/** Restores a record's numbers and bytes. The line's checksum has vouched for its form. */
export function reviveRecord(value: unknown): JournalRecord {
  const record = value as Written<JournalRecord>
  switch (record.type) {
    case 'inference':
      return {
        ...record,
        sequence: BigInt(record.sequence),
        servedAt: BigInt(record.servedAt),
        fields: record.fields.map(({ name, value }) => ({ name, value: toBytes(value) })),
      }
    case 'batch':
      return { ...record, first: BigInt(record.first) }
    case 'settlement': {
      const { transactionHash } = record
      return { ...record, first: BigInt(record.first), transactionHash }
    }
  }
}

/** A record as its JSON holds it: numbers of 64 bits as digits, bytes as hex. */
type Written<T> = T extends Hex
  ? T
  : T extends bigint
    ? string
    : T extends Uint8Array
      ? Hex
      : T extends readonly (infer I)[]
        ? Written<I>[]
        : T extends object
          ? { [K in keyof T]: Written<T[K]> }
          : T

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  return crc
})

function portableCrc32(text: string): number {
  let crc = 0xffffffff
  for (const byte of utf8(text)) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] as number)
  return (crc ^ 0xffffffff) >>> 0
}

/** Node's own where it has one (20.15, 22.2): a journal is read back at a third of the time. */
const crc32 = (builtin('node:zlib') as Partial<typeof NodeZlib> | undefined)?.crc32 ?? portableCrc32

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0')
}

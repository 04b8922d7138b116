import type { Hex } from 'viem'
import type { BatchMode } from '../formats/batch.ts'
import type { Field } from '../formats/fields.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'

/** An inference as the journal keeps it: what its leaf and its salts follow from. */
export type InferenceRecord = {
  type: 'inference'
  sequence: bigint
  modelId: Hex
  environmentId: Hex
  /** Unix milliseconds. */
  servedAt: bigint
  /** All fields of the commitment, in order, absent ones with an empty value. */
  fields: Field[]
}

/** A batch once it is signed: from here on it can only be settled as it is. */
export type BatchRecord = {
  type: 'batch'
  first: bigint
  count: number
  mode: BatchMode
  signature: Hex
}

/** A batch once it is on chain. */
export type SettlementRecord = {
  type: 'settlement'
  first: bigint
  /** The transaction that settled it; undefined if it was found settled. */
  transactionHash: Hex | undefined
}

/** One line of a journal. */
export type JournalRecord = InferenceRecord | BatchRecord | SettlementRecord

/** The place of an inference log, but for the instance, which each journal makes. */
export type JournalPlace = Omit<InferenceLogPlace, 'instance'>

/** A journal that one recorder holds. */
export type OpenJournal = {
  /** 32 random bytes that name the inference log of this journal. */
  instance: Hex
  /** 32 secret bytes from which the salts of the fields follow. They never leave the journal. */
  seed: Uint8Array
  /** Takes a record; it is kept once `sync` has come back. */
  append(record: JournalRecord): void
  /** Writes what was appended so that it outlives the process and the machine's power. Calls at once share one write. */
  sync(): Promise<void>
  /** All records, from the first one on. */
  read(): AsyncIterable<JournalRecord> | Iterable<JournalRecord>
  /** Writes what was appended and gives the journal free. */
  close(): Promise<void>
}

/** Opens the journal of an inference log, or begins one. Two recorders never hold the same. */
export type Journal = {
  (place: JournalPlace): OpenJournal
  /** Where it was told to keep its files; contents are kept beside it. */
  readonly directory?: string | undefined
}

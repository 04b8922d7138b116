import type { Hex } from 'viem'
import type { BatchMode } from '../formats/batch.ts'
import type { Field } from '../formats/fields.ts'
import type { InferenceLogPlace } from '../formats/inference.ts'

/** An inference as the journal keeps it: what its leaf follows from, and what its commitment hides. */
export type InferenceRecord = {
  sequence: bigint
  /** Unix milliseconds. */
  servedAt: bigint
  modelId: Hex
  environmentId: Hex
  commitment: Hex
  /** 32 bytes: the leaf hash. */
  inferenceId: Uint8Array
  /** All fields of the commitment, in order, absent ones with an empty value. Salts follow from the journal's seed. */
  fields: readonly Field[]
  /** Digests of the request's messages, 32 bytes each, one after the other, where they are committed to one by one. */
  messages?: Uint8Array | undefined
}

/** A batch once it is signed: from here on it can only be settled as it is. */
export type SignedRecord = {
  first: bigint
  count: number
  root: Hex
  mode: BatchMode
  signature: Hex
}

/** A batch once it is on chain. */
export type SettledRecord = {
  first: bigint
  /** The transaction that settled it; undefined if it was found settled. */
  transactionHash: Hex | undefined
  /** Where the data of an external batch was put; undefined: nowhere. */
  uri?: string | undefined
}

/** That an inference stands for one of another log, which can't be settled there. */
export type ReissuedRecord = {
  /** Of the inference here. */
  sequence: bigint
  of: { instance: Hex; sequence: bigint; inferenceId: Hex }
}

/** How far an inference log has come. Each number is a sequence number: what is below it has got there. */
export type JournalState = {
  /** Recorded. */
  next: bigint
  /** In a signed batch. */
  signed: bigint
  /** On chain. */
  settled: bigint
  /** On chain for good. */
  finalized: bigint
  /** Receipts were handed out from the first number to below the second; undefined if none ever were. */
  exported: { from: bigint; to: bigint } | undefined
  /** Signed and not settled; at most one, since each begins where the one before has ended. */
  batch: SignedRecord | undefined
  /** From where on somebody else has settled in this log, with the same key; undefined: nobody has. */
  stolen?: bigint | undefined
  /** What is below it, and not below `stolen`, was recorded anew in another log. */
  moved?: bigint | undefined
  /** Instance of that log. */
  successor?: Hex | undefined
  /** What settling failed by last, and since when it does, in Unix milliseconds; null once something was settled after all. */
  failed?: { since: number; error: string } | null | undefined
  /** Batches that were settled once more, by first sequence number: what a reorganization took back, and another transaction brought. */
  resettled?: Readonly<Record<string, SettledRecord>> | undefined
  /** Of other logs, by instance: what is below was recorded anew in this one. */
  reissued?: Readonly<Record<Hex, bigint>> | undefined
}

/** What is noted by itself. */
export type JournalProgress = Partial<
  Pick<
    JournalState,
    'finalized' | 'exported' | 'stolen' | 'moved' | 'successor' | 'failed' | 'resettled'
  >
>

/** The place of an inference log, but for the instance, which each journal makes. */
export type JournalPlace = Omit<InferenceLogPlace, 'instance'>

/** A journal that one recorder holds. What is handed to it is kept once `sync` has come back. */
export type OpenJournal = {
  /** 32 random bytes that name the inference log of this journal. */
  instance: Hex
  /** 32 secret bytes from which the salts of the fields follow. They never leave the journal. */
  seed: Uint8Array
  /** What is kept: what was handed over and not synced is not in it. */
  state: Readonly<JournalState>
  /** Takes the next inference. */
  addInference(record: InferenceRecord): void
  addSigned(record: SignedRecord): void
  addSettled(record: SettledRecord): void
  /** Goes with the inference that was added last. */
  addReissued(record: ReissuedRecord): void
  /** Notes how far the log has come otherwise. */
  addProgress(progress: JournalProgress): void
  /**
   * Writes what was handed over so that it outlives the process and the machine's power. Calls at once share one write.
   *
   * @throws JournalError if it can't be written now. It is kept in memory, and written with the next call. JournalLostError if the
   * journal is no longer ours: what was handed over is to go into another one.
   */
  sync(): Promise<void>
  /** Kept inferences from a sequence number on, in order, group by group. @throws JournalError where it is damaged or was compacted. */
  inferences(first: bigint, count: number): AsyncIterable<InferenceRecord[]>
  /** The settled batch that an inference is in; undefined if there is none. */
  settlementOf(
    sequence: bigint,
  ): Promise<{ signed: SignedRecord; settled: SettledRecord } | undefined>
  /** The sequence number of an inference, or of what stands for it; undefined if it isn't here. Reads from the newest back. */
  sequenceOf(inferenceId: Hex): Promise<bigint | undefined>
  /** Whether compact() ever removes something. */
  compacts: boolean
  /** Removes what is final and was handed out, if it is a journal that does. */
  compact(): Promise<void>
  /**
   * Writes what was handed over and gives the journal free; it takes nothing afterwards.
   *
   * @throws JournalError as sync does; it is free all the same.
   */
  close(): Promise<void>
}

/** Opens the journal of an inference log, or begins one. Two processes or threads never hold the same. */
export type Journal = {
  (place: JournalPlace): OpenJournal
  /**
   * Where it keeps its files, if it has any: recorders of one process share the journal that is open there, and contents are kept
   * beside it.
   */
  readonly directory?: string | undefined
  /**
   * Opens journals of the same place that nobody holds, and in which something is left to settle or, where that is asked for, not
   * final yet, one after the other; each is to be closed before the next one is asked for.
   */
  abandoned?:
    ((place: JournalPlace, options?: { untilFinal: boolean }) => Iterable<OpenJournal>) | undefined
  /** As `abandoned`, but all that nobody holds, so that what earlier processes recorded is found. */
  free?: ((place: JournalPlace) => Iterable<OpenJournal>) | undefined
}

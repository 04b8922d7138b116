import type { Hex } from 'viem'
import { bytesToHex, toBytes } from '../formats/bytes.ts'
import { type BatchMode, buildBatch, type BuiltBatch } from '../formats/batch.ts'
import {
  commitFields,
  createSalter,
  type Field,
  orderFields,
  saltFields,
} from '../formats/fields.ts'
import {
  type Inference,
  inferenceIdOf,
  type InferenceLogPlace,
  logIdOf,
} from '../formats/inference.ts'
import { createReceipt, type InferenceReceipt } from '../formats/receipt.ts'
import { JournalError } from '../errors/journal.ts'
import type {
  InferenceRecord,
  JournalPlace,
  OpenJournal,
  SettlementRecord,
} from '../journal/journal.ts'
import { inlinePrefix } from '../settle/inline-limit.ts'
import type { Draft } from './draft.ts'

/** An inference in its place. */
export type Entry = { inference: Inference; inferenceId: Hex; fields: readonly Field[] }

/** A batch in its place: signed, and settled once `settlement` is there. */
export type LedgerBatch = {
  entries: Entry[]
  built: BuiltBatch
  signature: Hex
  settlement: SettlementRecord | undefined
}

/** The inference log of one journal, as far as it is not settled yet. */
export type Ledger = {
  place: InferenceLogPlace
  logId: Hex
  /** In order; not in a batch yet. */
  pending: readonly Entry[]
  /** Signed and not settled; at most one, since each begins where the one before has ended. */
  batch: LedgerBatch | undefined
  /** Gives a draft the next place and hands it to the journal. */
  add(draft: Draft): Entry
  /** Builds a batch of the first pending entries, signs it and hands it to the journal. */
  seal(
    maxSize: number,
    mode: BatchMode,
    sign: (batch: BuiltBatch) => Promise<Hex>,
  ): Promise<LedgerBatch>
  /** Notes that the batch is settled. */
  settle(transactionHash: Hex | undefined): LedgerBatch
  /** The receipt of an inference of a batch. */
  receiptOf(batch: LedgerBatch, entry: Entry): InferenceReceipt
  /** The receipt of an inference of a settled batch, from the journal; undefined if there is none. */
  find(inferenceId: Hex): Promise<InferenceReceipt | undefined>
}

/** Opens the ledger of a journal, and takes up what an earlier process left. */
export async function openLedger(where: JournalPlace, journal: OpenJournal): Promise<Ledger> {
  const place = { ...where, instance: journal.instance }
  const logId = logIdOf(place)
  const logIdBytes = toBytes(logId)
  const salter = createSalter(journal.seed, logIdBytes)
  let next = 0n
  let pending: Entry[] = []
  let batch: LedgerBatch | undefined

  function entryOf(record: InferenceRecord): Entry {
    const inference: Inference = {
      logId,
      modelId: record.modelId,
      environmentId: record.environmentId,
      commitment: bytesToHex(commitFields(record.fields, salter, record.sequence)),
      sequence: record.sequence,
      servedAt: record.servedAt,
    }
    return { inference, inferenceId: inferenceIdOf(inference), fields: record.fields }
  }

  function enter(record: InferenceRecord): Entry {
    if (record.sequence !== next) {
      throw new JournalError(journal.instance, `skips from ${next} to ${record.sequence}`)
    }
    next++
    const entry = entryOf(record)
    pending.push(entry)
    return entry
  }

  function take(count: number, mode: BatchMode, signature?: Hex): LedgerBatch {
    const entries = pending.slice(0, count)
    const first = entries[0]?.inference.sequence
    if (first === undefined || entries.length !== count) {
      throw new JournalError(journal.instance, `lacks inferences of a batch of ${count}`)
    }
    const built = buildBatch(
      logId,
      first,
      entries.map((entry) => entry.inference),
      mode,
    )
    return { entries, built, signature: signature ?? '0x', settlement: undefined }
  }

  function receiptOf(found: LedgerBatch, entry: Entry): InferenceReceipt {
    const transactionHash = found.settlement?.transactionHash
    return createReceipt({
      place,
      inference: entry.inference,
      fields: saltFields(entry.fields, journal.seed, logIdBytes, entry.inference.sequence),
      batch: found.built,
      signature: found.signature,
      hints: transactionHash ? { transactionHash } : {},
    })
  }

  for await (const record of journal.read()) {
    if (record.type === 'inference') enter(record)
    else if (record.type === 'batch') {
      batch = take(record.count, record.mode, record.signature)
      pending = pending.slice(record.count)
    } else if (batch?.built.first === record.first) batch = undefined
  }

  return {
    place,
    logId,
    get pending() {
      return pending
    },
    get batch() {
      return batch
    },
    add(draft) {
      const record: InferenceRecord = {
        type: 'inference',
        sequence: next,
        modelId: draft.modelId,
        environmentId: draft.environmentId,
        servedAt: draft.servedAt,
        fields: orderFields(draft.standard, draft.extensions),
      }
      const entry = enter(record)
      journal.append(record)
      return entry
    },
    async seal(maxSize, mode, sign) {
      const most = Math.min(maxSize, pending.length)
      const inferences = pending.slice(0, most).map((entry) => entry.inference)
      const sealed = take(mode === 'inline' ? inlinePrefix(inferences, most) : most, mode)
      const signature = await sign(sealed.built)
      batch = { ...sealed, signature }
      pending = pending.slice(sealed.entries.length)
      const { first, count } = sealed.built
      journal.append({ type: 'batch', first, count, mode, signature })
      return batch
    },
    settle(transactionHash) {
      if (!batch) throw new JournalError(journal.instance, 'has no batch to note as settled')
      const settlement = { type: 'settlement', first: batch.built.first, transactionHash } as const
      journal.append(settlement)
      const settled = { ...batch, settlement }
      batch = undefined
      return settled
    },
    receiptOf,
    async find(inferenceId) {
      // One pass that keeps one batch in memory, so that a long journal costs time and no memory.
      let waiting: InferenceRecord[] = []
      let candidate: { found: LedgerBatch; entry: Entry } | undefined
      for await (const record of journal.read()) {
        if (record.type === 'inference') waiting.push(record)
        else if (record.type === 'batch') {
          const entries = waiting.slice(0, record.count).map(entryOf)
          waiting = waiting.slice(record.count)
          const entry = entries.find((e) => e.inferenceId === inferenceId)
          if (!entry) continue
          const built = buildBatch(
            logId,
            record.first,
            entries.map((e) => e.inference),
            record.mode,
          )
          const found = { entries, built, signature: record.signature, settlement: undefined }
          candidate = { found, entry }
        } else if (candidate?.found.built.first === record.first) {
          return receiptOf({ ...candidate.found, settlement: record }, candidate.entry)
        }
      }
      return undefined
    },
  }
}

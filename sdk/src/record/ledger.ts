import type { Hex } from 'viem'
import { type BatchMode, buildBatch, type BuiltBatch } from '../formats/batch.ts'
import { bytesToHex, toBytes } from '../formats/bytes.ts'
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
import {
  createMessageSalter,
  messageLeafHash,
  messagesField,
  messagesValue,
  saltMessages,
} from '../formats/messages.ts'
import { createReceipt, type InferenceReceipt } from '../formats/receipt.ts'
import { JournalError } from '../errors/journal.ts'
import type {
  InferenceRecord,
  JournalPlace,
  OpenJournal,
  SettledRecord,
  SignedRecord,
} from '../journal/journal.ts'
import type { Draft } from './draft.ts'
import { nextTurn } from './turn.ts'

/** An inference in its place. */
export type Entry = { inferenceId: Hex; sequence: bigint }

/** A batch in its place: signed, and settled once the journal says so. */
export type LedgerBatch = { built: BuiltBatch; signature: Hex; records: InferenceRecord[] }

/** The inference log of one journal. What it holds stands in the journal; little is kept in memory. */
export type Ledger = {
  place: InferenceLogPlace
  /** Gives a draft the next place and hands it to the journal. @throws what a malformed draft throws; it takes no place then. */
  add(draft: Draft): Entry
  /** How many inferences are kept and in no batch yet. */
  unsigned(): number
  /** How many inferences are kept and not settled yet. */
  unsettled(): number
  /** The batch that is signed and not settled, if there is one. */
  openBatch(): Promise<LedgerBatch | undefined>
  /**
   * Builds a batch of the first inferences that are in none, signs it and hands it to the journal. Until `sign` has come back
   * nothing binds: it can be sealed in another form.
   *
   * @param plan - Says of what waits how it is settled, and how many of it.
   */
  seal(
    maxSize: number,
    plan: (records: readonly InferenceRecord[]) => Promise<{ mode: BatchMode; count: number }>,
    sign: (batch: BuiltBatch) => Promise<Hex>,
  ): Promise<LedgerBatch>
  /** The settled batch that an inference is in; undefined if it is not settled. @throws JournalError if it was compacted. */
  settledBatch(sequence: bigint): Promise<SettledBatch | undefined>
  /** Takes note that another transaction settled a batch than was noted. Receipts made from now on lead there. */
  noteAnew(settled: SettledRecord): void
  /** The receipt of a settled inference; undefined if it is not settled. @throws JournalError if it was compacted. */
  receiptAt(sequence: bigint): Promise<InferenceReceipt | undefined>
  /** Receipts of the settled batch that a sequence number is in, in order, from there on. */
  receiptsFrom(sequence: bigint): AsyncGenerator<InferenceReceipt>
}

type SettledBatch = LedgerBatch & { settled: SettledRecord }

/** Settled batches that are kept at hand, since receipts are asked for one after the other. */
const maxAtHand = 4
/** Of batches that were settled once more, those that were last are noted; there is one where a reorganization was. */
const maxAnew = 1_000
/** How many records are looked at before the application has its turn. */
const sliceSize = 100

export function openLedger(where: JournalPlace, journal: OpenJournal): Ledger {
  const place = { ...where, instance: journal.instance }
  const { state } = journal
  const logId = logIdOf(place)
  const logIdBytes = toBytes(logId)
  const salter = createSalter(journal.seed, logIdBytes)
  const messageSalter = createMessageSalter(journal.seed, logIdBytes)
  const atHand = new Map<bigint, SettledBatch>()
  /** Batches that were settled a second time, after a reorganization, by where they begin. */
  const anew = new Map<string, SettledRecord>(Object.entries(journal.state.resettled ?? {}))
  let open: LedgerBatch | undefined
  let next = state.next

  async function load(first: bigint, count: number): Promise<InferenceRecord[]> {
    const records: InferenceRecord[] = []
    let looked = 0
    for await (const group of journal.inferences(first, count)) {
      records.push(...group)
      looked += group.length
      if (looked < sliceSize) continue
      looked = 0
      await nextTurn()
    }
    return records
  }

  function build(first: bigint, records: InferenceRecord[], mode: BatchMode): BuiltBatch {
    const leafHashes = new Uint8Array(32 * records.length)
    for (const [i, { inferenceId }] of records.entries()) leafHashes.set(inferenceId, 32 * i)
    return buildBatch(logId, first, records, mode, leafHashes)
  }

  async function rebuild(signed: SignedRecord): Promise<LedgerBatch> {
    const { first, count, mode, signature, root } = signed
    const records = await load(first, count)
    const built = build(first, records, mode)
    if (built.root !== root) {
      throw new JournalError(journal.instance, `no longer gives the root of the batch at ${first}`)
    }
    return { built, signature, records }
  }

  async function settledBatch(sequence: bigint): Promise<SettledBatch | undefined> {
    for (const batch of atHand.values()) {
      const { first, count } = batch.built
      if (first <= sequence && sequence < first + BigInt(count)) return batch
    }
    const found = await journal.settlementOf(sequence)
    if (!found) return undefined
    const { first } = found.signed
    const loaded = open?.built.first === first ? open : await rebuild(found.signed)
    const batch = { ...loaded, settled: anew.get(String(first)) ?? found.settled }
    atHand.set(first, batch)
    for (const oldest of atHand.keys()) {
      if (atHand.size <= maxAtHand) break
      atHand.delete(oldest)
    }
    return batch
  }

  function receiptOf({ built, signature, settled }: SettledBatch, record: InferenceRecord) {
    const { transactionHash, uri } = settled
    const inference: Inference = { ...record, logId }
    return createReceipt({
      place,
      inference,
      fields: saltFields(record.fields, journal.seed, logIdBytes, record.sequence),
      messages: record.messages && saltMessages(record.messages, messageSalter, record.sequence),
      batch: built,
      signature,
      hints: { ...(transactionHash ? { transactionHash } : {}), ...(uri ? { uri } : {}) },
    })
  }

  /** The field that binds messages. */
  function messagesOf(digests: Uint8Array, sequence: bigint): Field {
    const leafHashes = saltMessages(digests, messageSalter, sequence).map(messageLeafHash)
    return { name: messagesField, value: messagesValue(leafHashes) }
  }

  return {
    place,
    add(draft) {
      const { standard, extensions, messages } = draft
      const fields = orderFields(
        standard,
        messages ? [...extensions, messagesOf(messages, next)] : extensions,
      )
      const inference: Inference = {
        logId,
        modelId: draft.modelId,
        environmentId: draft.environmentId,
        commitment: bytesToHex(commitFields(fields, salter, next)),
        sequence: next,
        servedAt: draft.servedAt,
      }
      const inferenceId = inferenceIdOf(inference)
      journal.addInference({ ...inference, inferenceId: toBytes(inferenceId), fields, messages })
      const { reissueOf } = draft
      if (reissueOf) journal.addReissued({ sequence: next, of: reissueOf })
      next++
      return { inferenceId, sequence: inference.sequence }
    },
    unsigned: () => Number(state.next - state.signed),
    unsettled: () => Number(state.next - state.settled),
    async openBatch() {
      // One that was signed is taken again even if it could not be written yet: it must never be signed in another form.
      if (open?.built.first === state.settled) return open
      if (state.batch) open = await rebuild(state.batch)
      return state.batch && open
    },
    async seal(maxSize, plan, sign) {
      const first = state.signed
      const records = await load(first, Math.min(maxSize, Number(state.next - first)))
      const { mode, count: most } = await plan(records)
      const taken = records.slice(0, most)
      await nextTurn()
      const built = build(first, taken, mode)
      await nextTurn()
      const signature = await sign(built)
      const { root, count } = built
      journal.addSigned({ first, count, root, mode, signature })
      open = { built, signature, records: taken }
      return open
    },
    settledBatch,
    noteAnew(settled) {
      const { first } = settled
      anew.set(String(first), settled)
      if (anew.size > maxAnew) anew.delete([...anew.keys()][0]!)
      journal.addProgress({ resettled: Object.fromEntries(anew) })
      const batch = atHand.get(first)
      if (batch) atHand.set(first, { ...batch, settled })
    },
    async receiptAt(sequence) {
      const batch = await settledBatch(sequence)
      const record = batch?.records[Number(sequence - batch.built.first)]
      return batch && record && receiptOf(batch, record)
    },
    async *receiptsFrom(sequence) {
      const batch = await settledBatch(sequence)
      if (!batch) return
      for (const record of batch.records.slice(Number(sequence - batch.built.first))) {
        yield receiptOf(batch, record)
        await nextTurn()
      }
    },
  }
}

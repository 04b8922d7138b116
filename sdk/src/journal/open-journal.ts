import { JournalError, JournalLostError } from '../errors/journal.ts'
import { concatBytes, equalBytes, toBytes } from '../formats/bytes.ts'
import { createContents } from './contents.ts'
import { applyRecord, findJournal, type FoundJournal } from './find-journal.ts'
import { type Frame, frameAt, openKey } from './frame.ts'
import { frameKeyOf } from './header.ts'
import type { InferenceRecord, OpenJournal } from './journal.ts'
import { attempt } from './attempt.ts'
import type { Lock } from './lock.ts'
import {
  createFrameWriter,
  type HeaderRecord,
  inferenceIdIn,
  kinds,
  type RawRecord,
  readInference,
  readJson,
  recordsOf,
  sequenceIn,
  type Told,
} from './record-codec.ts'
import { createSegmentReader, type Newest } from './segment-reader.ts'
import type { Storage } from './storage.ts'

export type JournalOptions = {
  /** Named in errors. */
  name: string
  /** Size from which on a new segment is begun, in bytes. */
  segmentBytes: number
  /** Whether compact() removes segments. */
  compact: boolean
  /** Says that the journal is ours. */
  lock: Pick<Lock, 'isHeld' | 'release'>
}

/**
 * Begins a journal in an empty storage.
 *
 * @param header - Of createHeader.
 */
export function beginJournal(
  storage: Storage,
  header: HeaderRecord,
  options: JournalOptions,
): OpenJournal {
  const bytes = frameOf(header)
  storage.begin(bytes)
  return openJournal(storage, 0, findJournal(bytes) as FoundJournal, options)
}

/**
 * A journal over its segments.
 *
 * @param segment - Number of the newest.
 * @param found - What findJournal found in it; what stands after its length is written over.
 */
export function openJournal(
  storage: Storage,
  segment: number,
  found: FoundJournal,
  { name, segmentBytes, compact, lock }: JournalOptions,
): OpenJournal {
  const { header, state } = found
  const key = frameKeyOf(header)
  const writer = createFrameWriter(key)
  const newest: Newest = { number: segment, length: found.length, contents: found.contents }
  const numbers = storage.segments().filter((number) => number <= segment)
  const reader = createSegmentReader(storage, name, numbers, newest, key)
  let gathered = false
  /** Handed to the storage and not known to be kept. It is written again, at the same place, if that failed. */
  let unkept: { segment: number; position: number; bytes: Uint8Array } | undefined
  let syncing: Promise<void> | undefined
  let closed = false
  let over = false

  function loss(): JournalLostError {
    const isThere = attempt(() => storage.segments().length > 0)
    return isThere
      ? new JournalLostError(name, 'was taken over by another machine', 0)
      : new JournalLostError(name, 'was removed', Number(state.next - state.settled))
  }

  /** What is gathered, and where it goes. A segment begins with what is known when it begins. */
  function next() {
    gathered = false
    const bytes = writer.take()
    return newest.length < segmentBytes
      ? { segment: newest.number, position: newest.length, bytes }
      : {
          segment: newest.number + 1,
          position: 0,
          bytes: concatBytes(frameOf({ ...header, state }), bytes),
        }
  }

  async function write(): Promise<void> {
    if (over) throw new JournalError(name, 'is closed')
    if (!lock.isHeld()) throw loss()
    unkept ??= next()
    const { segment: to, position, bytes } = unkept
    try {
      if (position === 0) await storage.create(to)
      await storage.write(to, position, bytes)
      await storage.sync(to)
    } catch (cause) {
      throw new JournalError(name, 'cannot be written', { cause })
    }
    if (position === 0) {
      numbers.push(to)
      Object.assign(newest, { number: to, contents: createContents() })
    }
    for (let offset = 0; offset < bytes.length;) {
      const { content, end } = frameAt(bytes, offset, position + offset ? key : openKey) as Frame
      for (const record of recordsOf(content)) applyRecord(state, record)
      newest.contents.enter({ offset: position + offset, content })
      offset = end
    }
    newest.length = position + bytes.length
    unkept = undefined
  }

  async function writeAll(): Promise<void> {
    while (gathered || unkept) await write()
  }

  async function sync(): Promise<void> {
    // One write at a time; all that gathers meanwhile goes with the next.
    while (syncing) await syncing.catch(() => undefined)
    syncing = writeAll().finally(() => (syncing = undefined))
    return syncing
  }

  async function* inferences(first: bigint, count: number): AsyncGenerator<InferenceRecord[]> {
    const end = first + BigInt(count)
    let expected = first
    const start = await reader.newestBefore((before) => before.next <= first)
    let offset = start === undefined ? undefined : (await reader.contentsOf(start)).inference(first)
    for (const number of numbers.slice(numbers.indexOf(start ?? -1))) {
      if (offset === undefined) break
      for await (const { content } of reader.framesFrom(number, offset)) {
        const group: InferenceRecord[] = []
        for (const { kind, body } of recordsOf(content)) {
          if (kind !== kinds.inference || expected === end || sequenceIn(body) < expected) continue
          if (sequenceIn(body) !== expected) break
          group.push(readInference(body))
          expected++
        }
        if (group.length > 0) yield group
        if (expected === end) return
      }
      offset = 0
    }
    throw new JournalError(name, `does not hold inference ${expected}`)
  }

  return {
    instance: header.instance,
    seed: toBytes(header.seed),
    state,
    addInference(record) {
      gathered = true
      writer.inference(record)
    },
    addSigned(record) {
      gathered = true
      writer.json('signed', record)
    },
    addSettled(record) {
      gathered = true
      writer.json('settled', record)
    },
    addReissued(record) {
      gathered = true
      writer.json('reissued', record)
    },
    addProgress(progress) {
      gathered = true
      writer.json('progress', progress)
    },
    sync,
    inferences,
    async settlementOf(sequence) {
      if (sequence >= state.settled) return undefined
      const where = await reader.newestBefore((before) => before.signed <= sequence)
      if (where === undefined) return undefined
      const offset = (await reader.contentsOf(where)).signed(sequence)
      if (offset === undefined) return undefined
      const upTo = (batch: { first: bigint }) => batch.first <= sequence
      const signed = await reader.pickAt(where, offset, told('signed', upTo))
      if (!signed) return undefined
      const { first } = signed
      const later = await reader.newestBefore((before) => before.settled <= first)
      if (later === undefined) return undefined
      const place = (await reader.contentsOf(later)).settled(first)
      if (place === undefined) return undefined
      const settled = await reader.pickAt(
        later,
        place,
        told('settled', (it) => it.first === first),
      )
      return settled && { signed, settled }
    },
    async sequenceOf(inferenceId) {
      const wanted = toBytes(inferenceId)
      for (const number of [...numbers].reverse()) {
        for await (const { content } of reader.framesFrom(number, 0)) {
          for (const { kind, body } of recordsOf(content)) {
            if (kind === kinds.inference && equalBytes(inferenceIdIn(body), wanted)) {
              return sequenceIn(body)
            }
            if (kind !== kinds.reissued) continue
            const { sequence, of } = readJson('reissued', body)
            if (of.inferenceId === inferenceId) return sequence
          }
        }
      }
      return undefined
    },
    compacts: compact,
    async compact() {
      const { finalized, exported } = state
      if (!compact || !exported || numbers[0] === undefined) return
      // What was never handed out stays.
      if (exported.from > (await reader.stateBefore(numbers[0])).next) return
      const done = exported.to < finalized ? exported.to : finalized
      for (const number of [...numbers]) {
        const after = numbers[1]
        if (after === undefined || (await reader.stateBefore(after)).next > done) return
        await storage.remove(number)
        reader.forget(number)
        numbers.shift()
      }
    },
    async close() {
      if (closed) return
      closed = true
      try {
        await sync()
      } finally {
        over = true
        storage.close()
        lock.release()
      }
    },
  }
}

/** Picks what a record of a kind tells, if it is accepted. */
function told<K extends 'signed' | 'settled'>(kind: K, accepts: (told: Told[K]) => boolean) {
  return (record: RawRecord): Told[K] | undefined => {
    if (record.kind !== kinds[kind]) return undefined
    const told = readJson(kind, record.body)
    return accepts(told) ? told : undefined
  }
}

function frameOf(header: HeaderRecord): Uint8Array {
  const writer = createFrameWriter(openKey)
  writer.json('header', header)
  return writer.take()
}

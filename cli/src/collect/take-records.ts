import { type CollectedDraft, type CollectorBook, isSame, keyOf } from '@assay/sdk/collect'
import { bytesToHex, type Hex } from 'viem'
import type { KeptInferences } from './kept-inferences.ts'
import { CollectorRefusalError } from './problems.ts'

/** What became of a record: the inference is durable. */
export type Recorded = {
  inferenceId: Hex
  sequence: bigint
  /** Whether it was there already, under the same idempotency key. */
  repeated: boolean
}

export type RecordTaker = {
  /** Records that wait to be written. */
  waiting: () => number
  /** Whether the journal took nothing when it was tried last. */
  isStalled: () => boolean
  /** To be called when the journal has kept something. */
  noteKept(key: Uint8Array | undefined): void
  /** @throws CollectorRefusalError `queue-full` if there is no room for so many records now. */
  checkRoom(count: number): void
  /**
   * Makes a record durable, once for each key.
   *
   * @throws CollectorRefusalError `key-reused`, `not-written`
   */
  take(draft: CollectedDraft): Promise<Recorded>
}

/** For how long nothing is handed to a journal that could not be written, unless it was meanwhile. */
const stallMillis = 2_000

/** @param maxWaiting - Records that may wait to be written. */
export function createRecordTaker(
  book: Pick<CollectorBook, 'take'>,
  kept: Pick<KeptInferences, 'findByKey'>,
  maxWaiting: number,
): RecordTaker {
  /** Under way, by their keys: whoever repeats one meanwhile is answered with it. */
  const underWay = new Map<Hex, { draft: CollectedDraft; recorded: Promise<Recorded> }>()
  /** Keys of what the recorder holds and could not write yet. */
  const unwritten = new Set<Hex>()
  let waiting = 0
  let stalledUntil = 0

  const isStalled = () => performance.now() < stalledUntil

  const notWritten = () =>
    new CollectorRefusalError('not-written', 'The journal takes nothing just now.', {
      retryAfter: stallMillis / 1000,
    })

  async function write(draft: CollectedDraft, name: Hex | undefined): Promise<Recorded> {
    // While it fails, little is handed on: each is one more of which nobody knows yet what becomes of it.
    if (isStalled() || (name && unwritten.has(name))) throw notWritten()
    waiting++
    const entry = await book.take(draft).finally(() => waiting--)
    if (entry === 'dropped') throw queueFull()
    if (entry === 'waiting') {
      stalledUntil = performance.now() + stallMillis
      if (name) unwritten.add(name)
      throw notWritten()
    }
    return { ...entry, repeated: false }
  }

  async function writeOnce(draft: CollectedDraft, key: Uint8Array, name: Hex): Promise<Recorded> {
    const found = await kept.findByKey(key)
    if (!found) return write(draft, name)
    const { record } = found
    if (!isSame(draft, record)) throw reused()
    return {
      inferenceId: bytesToHex(record.inferenceId),
      sequence: record.sequence,
      repeated: true,
    }
  }

  return {
    waiting: () => waiting,
    isStalled,
    noteKept(key) {
      stalledUntil = 0
      if (key && unwritten.size > 0) unwritten.delete(bytesToHex(key))
    },
    checkRoom(count) {
      if (waiting + count > maxWaiting) throw queueFull()
    },
    async take(draft) {
      const key = keyOf(draft.extensions)
      if (!key) return write(draft, undefined)
      const name = bytesToHex(key)
      const other = underWay.get(name)
      if (other) {
        if (!isSame(draft, other.draft)) throw reused()
        return { ...(await other.recorded), repeated: true }
      }
      const recorded = writeOnce(draft, key, name).finally(() => underWay.delete(name))
      underWay.set(name, { draft, recorded })
      return recorded
    },
  }
}

function queueFull(): CollectorRefusalError {
  return new CollectorRefusalError('queue-full', 'As many records as may wait for the disk do.')
}

function reused(): CollectorRefusalError {
  return new CollectorRefusalError('key-reused', 'Another record was handed in under this key.')
}

import { type InferenceRecord, type JournalPlace, logIdOf, type OpenJournal } from '@assay/sdk'
import { keyOf } from '@assay/sdk/collect'
import { JournalError } from '@assay/sdk/errors'
import { readJournals } from '@assay/sdk/inspect'
import { bytesToHex, type Hex, hexToBytes } from 'viem'
import { createPlaceIndex, type Place } from './place-index.ts'

/** How far an inference has come. */
export type InferenceState = 'pending' | 'settled' | 'finalized'

/** An inference that is durable, and the journal that holds it. */
export type KeptInference = {
  record: InferenceRecord
  place: JournalPlace
  journal: OpenJournal
  /** Whether it is the journal that is recorded into. */
  isOwn: boolean
}

/** Finds what the journals of a directory hold, that of this process and those of processes that have ended. */
export type KeptInferences = {
  note(record: InferenceRecord, instance: Hex): void
  /** By the digest of an idempotency key; undefined if none of the newest has it. @throws JournalError */
  findByKey(key: Uint8Array): Promise<KeptInference | undefined>
  /** By its id, also of one that is long past. @throws JournalError */
  findById(inferenceId: Hex): Promise<KeptInference | undefined>
}

export type KeptInferencesOptions = {
  directory: string
  place: JournalPlace
  /** How many of the newest inferences are found without reading all journals. */
  remember: number
  /** The journal that is recorded into now; undefined as long as there is none. */
  own: () => OpenJournal | undefined
  /** Told of a journal that can't be read: what it holds is not known. */
  onUnread: (error: JournalError) => void
}

/** Reads the newest of what is there. @throws JournalError if the directory can't be read */
export async function openKeptInferences(options: KeptInferencesOptions): Promise<KeptInferences> {
  const { directory, place, remember, own, onUnread } = options
  // Its id, and its key.
  const index = createPlaceIndex(2 * remember)

  function note(record: InferenceRecord, instance: Hex): void {
    const { inferenceId, sequence } = record
    index.add(inferenceId, { instance, sequence })
    const key = keyOf(record.fields)
    if (key) index.add(key, { instance, sequence })
  }

  /** Journals of the owner, under whichever session key: our own first. */
  async function* journals(onError: (error: JournalError) => void) {
    const mine = own()
    if (mine) yield { place, journal: mine, isOwn: true }
    for await (const found of readJournals(directory)) {
      if (found instanceof JournalError) onError(found)
      else if (isOwners(found.place, place) && found.journal.instance !== mine?.instance) {
        yield { place: found.place, journal: found.journal, isOwn: false }
      }
    }
  }

  async function readNewest(): Promise<void> {
    for await (const { journal } of journals(onUnread)) {
      const { next } = journal.state
      const first = next > BigInt(remember) ? next - BigInt(remember) : 0n
      try {
        for await (const group of journal.inferences(first, Number(next - first))) {
          for (const record of group) note(record, journal.instance)
        }
      } catch (error) {
        if (!(error instanceof JournalError)) throw error
        onUnread(error)
      }
    }
  }

  async function read({ instance, sequence }: Place): Promise<KeptInference | undefined> {
    for await (const found of journals(ignore)) {
      const { journal } = found
      if (journal.instance !== instance || sequence >= journal.state.next) continue
      const record = await recordAt(journal, sequence)
      if (record) return { ...found, record }
    }
    return undefined
  }

  async function findIn(
    digest: Uint8Array,
    accepts: (kept: KeptInference) => boolean,
  ): Promise<KeptInference | undefined> {
    for (const found of index.find(digest)) {
      const kept = await read(found)
      if (kept && accepts(kept)) return kept
    }
    return undefined
  }

  /** Reads whole journals: one at a time, or a few who ask for what is not there would fill the disk's day. */
  let searching: Promise<unknown> = Promise.resolve()
  function search(inferenceId: Hex): Promise<KeptInference | undefined> {
    const found = searching.then(() => findByReading(inferenceId))
    searching = found.catch(ignore)
    return found
  }

  async function findByReading(inferenceId: Hex): Promise<KeptInference | undefined> {
    for await (const found of journals(raise)) {
      const sequence = await found.journal.sequenceOf(inferenceId)
      const record = sequence === undefined ? undefined : await recordAt(found.journal, sequence)
      if (record && !isLeft({ ...found, record })) return { ...found, record }
    }
    return undefined
  }

  await readNewest()
  return {
    note,
    findByKey: (key) =>
      findIn(key, ({ record }) => isEqual(keyOf(record.fields) ?? new Uint8Array(), key)),
    async findById(inferenceId) {
      const id = hexToBytes(inferenceId)
      const known = await findIn(id, ({ record }) => isEqual(record.inferenceId, id))
      // What another one stands for is that one's to settle.
      if (known && !isLeft(known)) return known
      return (await search(inferenceId)) ?? known
    },
  }
}

/** How far an inference has come, by the journal that holds it. */
export function stateOf({
  record: { sequence },
  journal: { state },
}: KeptInference): InferenceState {
  if (sequence >= state.settled) return 'pending'
  return sequence < state.finalized ? 'finalized' : 'settled'
}

/** The inference log that it stands in. */
export function logIdOfKept({ journal: { instance }, place }: KeptInference): Hex {
  return logIdOf({ ...place, instance })
}

/** Whether it is in a log that somebody else has settled in, so that it is recorded anew elsewhere. */
function isLeft({ record, journal: { state } }: KeptInference): boolean {
  return state.stolen !== undefined && record.sequence >= state.stolen
}

async function recordAt(
  journal: OpenJournal,
  sequence: bigint,
): Promise<InferenceRecord | undefined> {
  for await (const [record] of journal.inferences(sequence, 1)) return record
  return undefined
}

function isOwners(found: JournalPlace, place: JournalPlace): boolean {
  const text = ({ chainId, inferenceLog, owner }: JournalPlace) =>
    [chainId, inferenceLog, owner].join(' ').toLowerCase()
  return text(found) === text(place)
}

const isEqual = (a: Uint8Array, b: Uint8Array) => bytesToHex(a) === bytesToHex(b)

function ignore(): void {}

function raise(error: JournalError): never {
  throw error
}

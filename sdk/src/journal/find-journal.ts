import { type Contents, createContents } from './contents.ts'
import { frameAt, hasFrameAfter, openKey } from './frame.ts'
import { frameKeyOf, headerIn } from './header.ts'
import type { JournalState } from './journal.ts'
import {
  type HeaderRecord,
  kinds,
  type RawRecord,
  readJson,
  recordsOf,
  sequenceIn,
} from './record-codec.ts'

/** What the newest segment says: whose journal it is, how far it has come, and where its sound part ends. */
export type FoundJournal = {
  header: HeaderRecord
  state: JournalState
  contents: Contents
  /** In bytes. */
  length: number
}

/**
 * Reads the newest segment of a journal. All before it follows from its header.
 *
 * @returns `cut` if nothing in it was ever written whole; `damaged` if it is no journal, or damaged in a way that no cut explains:
 * it is to be left alone then, for a person to look at.
 */
export function findJournal(bytes: Uint8Array): FoundJournal | 'cut' | 'damaged' {
  const contents = createContents()
  let header: HeaderRecord | undefined
  let state: JournalState | undefined
  let key: number | undefined
  let length = 0
  for (let frame = frameAt(bytes, 0, openKey); frame; frame = frameAt(bytes, frame.end, key)) {
    header ??= headerIn(frame)
    if (!header) return 'damaged'
    key = frameKeyOf(header)
    const { exported, batch } = header.state
    // JSON leaves out what is undefined.
    state ??= { ...header.state, exported, batch }
    for (const record of recordsOf(frame.content)) applyRecord(state, record)
    contents.enter(frame)
    length = frame.end
  }
  // A frame is begun only once the one before it is kept: a sound one after a damaged one is no cut.
  if (hasFrameAfter(bytes, Math.max(1, length), key)) return 'damaged'
  return header && state ? { header, state, contents, length } : 'cut'
}

/** What a record changes once it is kept. */
export function applyRecord(state: JournalState, { kind, body }: RawRecord): void {
  if (kind === kinds.inference) state.next = sequenceIn(body) + 1n
  else if (kind === kinds.signed) {
    state.batch = readJson('signed', body)
    state.signed = state.batch.first + BigInt(state.batch.count)
  } else if (kind === kinds.settled) {
    state.settled = state.signed
    state.batch = undefined
  } else if (kind === kinds.reissued) {
    const { of } = readJson('reissued', body)
    state.reissued = { ...state.reissued, [of.instance]: of.sequence + 1n }
  } else if (kind === kinds.progress) Object.assign(state, readJson('progress', body))
}

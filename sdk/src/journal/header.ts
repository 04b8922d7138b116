import type { Hex } from 'viem'
import { bytesToHex } from '../formats/bytes.ts'
import type { Frame } from './frame.ts'
import type { JournalPlace } from './journal.ts'
import { type HeaderRecord, journalFormat, kinds, readJson, recordsOf } from './record-codec.ts'

/** The first record of a new journal. */
export function createHeader(place: JournalPlace): HeaderRecord {
  return {
    format: journalFormat,
    ...lowerCase(place),
    instance: bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
    seed: bytesToHex(crypto.getRandomValues(new Uint8Array(32))),
    state: {
      next: 0n,
      signed: 0n,
      settled: 0n,
      finalized: 0n,
      exported: undefined,
      batch: undefined,
    },
  }
}

/** The key of a journal's frames: four bytes of its seed, which never leaves it. */
export function frameKeyOf({ seed }: Pick<HeaderRecord, 'seed'>): number {
  return Number(seed.slice(0, 10))
}

/** Whether a journal is of an inference log at this place. */
export function isOf(header: HeaderRecord, place: JournalPlace): boolean {
  const { chainId, inferenceLog, owner, sessionKey } = lowerCase(place)
  return (
    header.chainId === chainId &&
    header.inferenceLog === inferenceLog &&
    header.owner === owner &&
    header.sessionKey === sessionKey
  )
}

/** The header that a segment's first frame begins with; undefined if it is none of this format. */
export function headerIn(frame: Frame): HeaderRecord | undefined {
  for (const { kind, body } of recordsOf(frame.content)) {
    const header = kind === kinds.header ? readJson('header', body) : undefined
    return header?.format === journalFormat ? header : undefined
  }
  return undefined
}

function lowerCase({ chainId, inferenceLog, owner, sessionKey }: JournalPlace): JournalPlace {
  const lower = (hex: Hex) => hex.toLowerCase() as Hex
  return {
    chainId,
    inferenceLog: lower(inferenceLog),
    owner: lower(owner),
    sessionKey: lower(sessionKey),
  }
}

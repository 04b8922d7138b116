import { type Address, encodeEventTopics, type Hex } from 'viem'
import { type SubjectKind, subjectKinds } from '../../formats/verdict.ts'
import {
  verdictRegistryVerdictPosted as posted,
  verdictRegistryVerdictWithdrawn as withdrawn,
} from '../../generated/reads.ts'
import type { EventLog } from './answers.ts'
import type { ChainReader } from './chain-reader.ts'
import { decodeEvent, findEvents } from './events.ts'
import { blockAt } from './pinned-block.ts'

/** A verdict that stands. */
export type StandingVerdict = {
  author: Address
  subjectKind: SubjectKind
  subject: Hex
  score: number
  tag: string
  evidenceDigest: Hex
  /** Unix seconds. */
  postedAt: bigint
}

type Posted = {
  verdictId: Hex
  author: Address
  subject: Hex
  subjectKind: number
  score: number
  tag: string
  evidenceDigest: Hex
}

const kinds = Object.keys(subjectKinds) as SubjectKind[]

/**
 * What some authors say of some subjects: not withdrawn, and of an author's verdicts on one subject with one tag the last.
 *
 * @param subjects - Model, environment and inference ids.
 */
export async function readVerdicts(
  reader: ChainReader,
  subjects: readonly Hex[],
  authors: readonly Address[],
): Promise<StandingVerdict[]> {
  const address = reader.contracts.verdictRegistry
  const [postedTopic] = encodeEventTopics({ abi: [posted] })
  const [withdrawnTopic] = encodeEventTopics({ abi: [withdrawn] })
  const padded = authors.map(
    (author): Hex => `0x${author.slice(2).toLowerCase().padStart(64, '0')}`,
  )
  const posts = await findEvents(reader, {
    address,
    topics: [postedTopic, null, padded, subjects],
  })
  if (posts.length === 0) return []
  const ids = [...new Set(posts.map((log) => log.topics[1] as Hex))]
  const withdrawals = await findEvents(reader, {
    address,
    topics: [withdrawnTopic, ids, padded],
  })
  const standing = new Map<string, EventLog>()
  for (const log of [...posts, ...withdrawals].sort(byPlace)) {
    // An id binds its author; a withdrawal by another one says nothing.
    const key = `${log.topics[1]} ${log.topics[2]}`
    if (log.topics[0] === postedTopic) standing.set(key, log)
    else standing.delete(key)
  }
  const last = new Map<string, StandingVerdict>()
  for (const log of [...standing.values()].sort(byPlace)) {
    const verdict = await verdictOf(reader, log)
    if (verdict)
      last.set(
        `${verdict.author} ${verdict.subject} ${verdict.subjectKind} ${verdict.tag}`,
        verdict,
      )
  }
  return [...last.values()]
}

async function verdictOf(
  { ask }: ChainReader,
  log: EventLog,
): Promise<StandingVerdict | undefined> {
  const event = decodeEvent(posted, log) as Posted | undefined
  const subjectKind = event && kinds[event.subjectKind]
  if (!subjectKind) return undefined
  const { author, subject, score, tag, evidenceDigest } = event
  const { timestamp } = await blockAt(ask, log.blockNumber)
  return { author, subjectKind, subject, score, tag, evidenceDigest, postedAt: timestamp }
}

function byPlace(a: EventLog, b: EventLog): number {
  return Number(a.blockNumber - b.blockNumber || a.logIndex - b.logIndex)
}

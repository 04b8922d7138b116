import { type CollectedDraft, draftOf, parseCollectedRecord } from '@assay/sdk/collect'
import { type BaseError, InvalidInputError } from '@assay/sdk/errors'
import { setImmediate as turn } from 'node:timers/promises'
import { json, problemAnswer } from './answers.ts'
import { CollectorRefusalError, problemOf } from './problems.ts'
import type { BodyReader } from './request-body.ts'
import type { Recorded, RecordTaker } from './take-records.ts'

export type RecordParts = {
  body: BodyReader
  taker: RecordTaker
  /** Records that one request may hold. */
  maxRecords: number
  /** Of one body, in bytes, which no text is longer than. */
  maxBytes: number
  /** Told of what failed by a mistake of ours. */
  onFailure: (error: unknown) => void
}

/** How many records are read before others have their turn. */
const sliceSize = 16

/** Takes what a request holds: a record as JSON, or several as NDJSON. */
export async function takeRequest(request: Request, parts: RecordParts): Promise<Response> {
  const type = (request.headers.get('content-type') ?? '').split(';')[0]?.trim().toLowerCase()
  const key = request.headers.get('idempotency-key')
  if (type === 'application/json') {
    return parts.body.withText(request, (text) => takeOne(text, key, parts))
  }
  if (type !== 'application/x-ndjson') {
    const advice = 'Send application/json, or application/x-ndjson for several.'
    throw new CollectorRefusalError('wrong-type', advice)
  }
  if (key !== null) throw malformed('Each line has a key of its own, as `idempotencyKey`.')
  return parts.body.withText(request, (text) => takeSeveral(text, parts))
}

async function takeOne(text: string, key: string | null, parts: RecordParts): Promise<Response> {
  const draft = readDraft(text, keyIn(key), parts.maxBytes)
  parts.taker.checkRoom(1)
  const recorded = await parts.taker.take(draft)
  const { inferenceId, repeated } = recorded
  return json(shownOf(recorded), repeated ? 200 : 201, {
    location: `/v1/inferences/${inferenceId}`,
  })
}

/** All lines are read before any is taken. Then each is taken by itself, and what became of it is told in the same order. */
async function takeSeveral(text: string, parts: RecordParts): Promise<Response> {
  const { taker, maxRecords, maxBytes } = parts
  const lines = text.replace(/\r?\n$/, '').split('\n')
  if (lines.length > maxRecords) {
    throw new CollectorRefusalError('too-large', `There are more than ${maxRecords} records.`)
  }
  const drafts: CollectedDraft[] = []
  for (const [i, line] of lines.entries()) {
    drafts.push(readDraft(line, undefined, maxBytes, `Line ${i + 1}: `))
    if (i % sliceSize === sliceSize - 1) await turn()
  }
  taker.checkRoom(drafts.length)
  const results = await Promise.allSettled(drafts.map((draft) => taker.take(draft)))
  const inferences = results.map((result) => {
    if (result.status === 'fulfilled') return shownOf(result.value)
    if (!(result.reason instanceof CollectorRefusalError)) parts.onFailure(result.reason)
    return { problem: problemOf(result.reason) }
  })
  const problems = inferences.flatMap((it) => ('problem' in it ? [it.problem] : []))
  // One that is to be sent again comes first.
  const [first] = problems.sort((a, b) => b.status - a.status)
  if (first) return problemAnswer(first, { inferences })
  return json({ inferences }, inferences.some((it) => 'repeated' in it && !it.repeated) ? 201 : 200)
}

function readDraft(
  text: string,
  idempotencyKey: string | undefined,
  maxLength: number,
  where = '',
): CollectedDraft {
  try {
    return draftOf(parseCollectedRecord(text, maxLength, idempotencyKey))
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error
    throw malformed(`${where}${shortOf(error)}`)
  }
}

/** The header is a quoted string by its draft (RFC 9651, section 3.3.3); many send it bare. */
function keyIn(header: string | null): string | undefined {
  if (header === null) return undefined
  return /^"(.*)"$/.exec(header)?.[1] ?? header
}

function shownOf({ inferenceId, sequence, repeated }: Recorded) {
  return { inferenceId, sequence: String(sequence), repeated }
}

const shortOf = ({ shortMessage }: BaseError) => shortMessage

function malformed(problem: string): CollectorRefusalError {
  return new CollectorRefusalError('malformed', problem)
}

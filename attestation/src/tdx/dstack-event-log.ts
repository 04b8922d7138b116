import { InvalidAttestationOptionsError } from '../judging/errors.ts'
import { eventDigestOf, isMeasuredAsOne, type TdxEvent } from './event-log.ts'
import { membersOf } from './tool-members.ts'

/** Type of the events that dstack itself measures, whose digests are made of their contents. */
const runtimeEvent = 0x0800_0001

/**
 * A log of events in the form that dstack gives it (`event_log` of its quotes): a list of `imr`, `event_type`, `event`, and in hex without
 * 0x `digest` and `event_payload`. Newer guests leave out the digest of an event of dstack's own; it follows from the content. Of others
 * (the firmware's) the digest alone is taken: what it was made of does not stand in the log. So it is of an event whose name holds `:`: where
 * the name ends can't be told.
 *
 * @param value - Not trusted: what is in it is judged with the quote.
 * @throws InvalidAttestationOptionsError if it is no list, or a member is missing or of another form.
 */
export function readDstackEventLog(value: unknown): TdxEvent[] {
  if (!Array.isArray(value)) throw new InvalidAttestationOptionsError('eventLog', 'must be a list')
  return value.map((event: unknown, i) => readEvent(event, `eventLog.${i}.`))
}

function readEvent(value: unknown, at: string): TdxEvent {
  const { text, bytes, uint32, has } = membersOf(value, at)
  const [register, type] = [uint32('imr'), uint32('event_type')]
  if (type !== runtimeEvent) return { register, digest: bytes('digest') }
  const content = { type, name: text('event'), payload: bytes('event_payload') }
  const given = has('digest') ? bytes('digest') : Buffer.alloc(0)
  const digest = given.length > 0 ? given : eventDigestOf(content)
  return { register, digest, ...(isMeasuredAsOne(content) && { content }) }
}

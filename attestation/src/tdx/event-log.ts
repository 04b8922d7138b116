import { createHash } from 'node:crypto'
import { hexOf, isUnicode, same } from '../judging/bytes.ts'
import { demand } from '../judging/judge.ts'
import type { TdReport } from './quote.ts'

/** An event that was measured into a runtime register. */
export type TdxEvent = {
  /** Number of the register, 0 to 3. */
  register: number
  /** SHA-384 that the register was extended by. */
  digest: Uint8Array
  /** What was measured, where the digest is made of it as dstack makes it: SHA-384(type, little-endian ‖ ":" ‖ name ‖ ":" ‖ payload). */
  content?: { type: number; name: string; payload: Uint8Array }
}

const maxEvents = 10_000

/** Checks that a log of events gives the four runtime registers, and that contents that are given have their digests. */
export function checkEventLog(events: readonly TdxEvent[], { rtmrs }: TdReport): void {
  demand(events.length <= maxEvents, 'eventLog', `its log has ${events.length} events`)
  const registers: Uint8Array[] = rtmrs.map(() => new Uint8Array(48))
  for (const [i, { register, digest, content }] of events.entries()) {
    const before = registers[register]
    const fits = before !== undefined && digest instanceof Uint8Array && digest.length === 48
    demand(fits, 'eventLog', `event ${i} of its log is of no register, or has no digest`)
    if (content) {
      const isOne = isMeasuredAsOne(content)
      demand(isOne, 'eventLog', `event ${i} of its log has a content that measures as another one`)
      demand(
        same(eventDigestOf(content), digest),
        'eventLog',
        `event ${i} of its log has another digest`,
      )
    }
    registers[register] = createHash('sha384').update(before).update(digest).digest()
  }
  for (const [i, register] of registers.entries()) {
    const found = `its log gives ${hexOf(register)} for RTMR${i}`
    demand(same(register, rtmrs[i]!), 'eventLog', found)
  }
}

/** Whether no other content has its digest: the type has four bytes, and the name ends at the first `:`. */
export function isMeasuredAsOne({ type, name }: NonNullable<TdxEvent['content']>): boolean {
  return type >>> 0 === type && isUnicode(name) && !name.includes(':')
}

/** Digest of an event whose content is measured as dstack does it. */
export function eventDigestOf({
  type,
  name,
  payload,
}: NonNullable<TdxEvent['content']>): Uint8Array {
  const hash = createHash('sha384')
  const number = Buffer.alloc(4)
  number.writeUInt32LE(type >>> 0)
  return hash.update(number).update(':').update(name).update(':').update(payload).digest()
}

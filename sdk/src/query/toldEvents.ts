import {
  isBeforeCursor,
  type OwnerSettlement,
  type OwnerVerdict,
  type StreamMessage,
} from './ownerEvent.ts'

/** What happened to an owner. With each, `after` is the cursor to come back with: what it leaves out was told, and stays. */
export type OwnerEvent = { after: string } & (
  | OwnerSettlement
  | OwnerVerdict
  | {
      /** A reorganization took it back. */
      type: 'removed'
      event: OwnerSettlement | OwnerVerdict
    }
  | {
      /** All that there is was told; what stands before `after` stays. */
      type: 'live'
    }
)

/** Makes of a stream, in which things are said more than once, what is told once: also over connections that broke. */
export function createToldEvents(): (message: StreamMessage) => OwnerEvent[] {
  /** What was told and may still be taken back. */
  const known = new Map<
    string,
    { text: string; event: OwnerSettlement | OwnerVerdict; isSure: boolean }
  >()

  function forgetBefore(cursor: string): void {
    for (const [key, { event }] of known) if (isBeforeCursor(event.place, cursor)) known.delete(key)
  }

  return (message) => {
    const { after } = message
    switch (message.type) {
      case 'replay':
        forgetBefore(after)
        for (const it of known.values()) it.isSure = false
        return []
      case 'event': {
        const { key, text, event } = message
        const before = known.get(key)
        if (isBeforeCursor(event.place, after)) known.delete(key)
        else known.set(key, { text, event, isSure: true })
        return before?.text === text ? [] : [{ ...event, after }]
      }
      case 'removed': {
        const it = known.get(message.key)
        if (it?.event.place !== message.place) return []
        known.delete(message.key)
        return [{ type: 'removed', event: it.event, after }]
      }
      case 'live': {
        // They were told over another connection, and now were not.
        const gone = [...known].filter(([, { isSure }]) => !isSure)
        for (const [key] of gone) known.delete(key)
        forgetBefore(after)
        const removed = gone.map(([, { event }]) => ({ type: 'removed' as const, event, after }))
        return [...removed, { type: 'live', after }]
      }
    }
  }
}

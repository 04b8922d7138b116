import { BaseError } from '@assay/sdk/errors'
import { plain, plainJsonLine } from '../output/plain.ts'
import type { Terminal } from '../output/terminal.ts'
import { nameOf } from './give-status.ts'

/** Something that the person who runs the collector should know. */
export type CollectorEvent =
  | { event: 'listening'; url: string; journal: string; logId: string; pending: number }
  | ({ event: 'progress' } & Counts)
  | { event: 'error'; code: string; message: string }
  | { event: 'ending'; signal: string }
  | ({ event: 'ended' } & Counts)

/** Numbers of inferences. */
export type Counts = {
  recorded: number
  settled: number
  finalized: number
  pending: number
  dropped: number
}

export type Tell = (event: CollectorEvent) => Promise<void>

/** Tells a line an event: JSON to standard output where that is asked for, else words. */
export function createTell(terminal: Terminal, json: boolean): Tell {
  return async (event) => {
    if (json)
      return terminal.write(`${plainJsonLine({ time: new Date().toISOString(), ...event })}\n`)
    if (event.event === 'error') return terminal.note(plain(lineOf(event)))
    return terminal.write(`${plain(lineOf(event))}\n`)
  }
}

/** How long an error that comes again is not told again, in ms. */
const quietMillis = 60_000

/** Tells errors, until it is ended; one that was told within the last minute is not told again. */
export function createErrorTell(tell: Tell): ((error: unknown) => void) & { end: () => void } {
  const told = new Map<string, number>()
  let isOver = false
  const tellError = (error: unknown) => {
    if (isOver) return
    const code = nameOf(error)
    // Of another error than ours nobody knows what its words hold.
    const message =
      error instanceof BaseError ? error.shortMessage : 'Something unforeseen happened.'
    const now = performance.now()
    const last = told.get(message)
    if (last !== undefined && now - last < quietMillis) return
    told.set(message, now)
    if (told.size > 1_000) told.clear()
    void tell({ event: 'error', code, message })
  }
  return Object.assign(tellError, { end: () => void (isOver = true) })
}

function lineOf(event: CollectorEvent): string {
  switch (event.event) {
    case 'listening':
      return `listening at ${event.url}, ${event.pending} inferences pending in ${event.journal}`
    case 'progress':
      return countsText(event)
    case 'error':
      return `error: ${event.message}`
    case 'ending':
      return `ending by ${event.signal}: nothing more is taken, what is recorded is being settled`
    case 'ended':
      return `ended: ${countsText(event)}${leftText(event)}`
  }
}

function countsText({ recorded, settled, finalized, pending, dropped }: Counts): string {
  const lost = dropped > 0 ? `, ${dropped} dropped` : ''
  return `${recorded} recorded, ${settled} settled, ${finalized} finalized, ${pending} pending${lost}`
}

function leftText({ pending }: Counts): string {
  return pending > 0 ? '; the next run settles what is left, or `assay flush`' : ''
}

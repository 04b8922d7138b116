import { createTurns } from './turns.ts'

export type ScheduleOptions = {
  /** How many are at work at once. Half of them at most are tried again. */
  slots: number
  /** How many of one group are. None is tried again while half as many are at work. */
  slotsOfGroup: number
  /** How long until one that failed is tried again, in ms; each time four times as long, more or less. */
  firstPauseMillis: number
  maxPauseMillis: number
  /** How often one is tried before it is dropped. */
  maxTries: number
  /** More are not taken; they have to be added again. */
  maxEntries: number
  /** Called when there may be something to do. */
  onDue: () => void
  /** From 0 to 1. Default: Math.random. */
  random?: () => number
}

type Entry = {
  group: string
  tries: number
  state: 'waiting' | 'due' | 'running'
  timer?: ReturnType<typeof setTimeout> | undefined
}

/** What happens to one that failed. */
export type Retry = { tries: number; dropped: boolean }

/**
 * Which of many things is tried next. New ones come before those that failed, groups take turns, and what fails again and again is tried ever
 * more rarely.
 */
export function createSchedule(options: ScheduleOptions) {
  const { slots, slotsOfGroup, firstPauseMillis, maxPauseMillis, maxTries, maxEntries, onDue } =
    options
  const { random = Math.random } = options
  const entries = new Map<string, Entry>()
  const fresh = createTurns<string>()
  const failed = createTurns<string>()
  const working = new Map<string, number>()
  const mayWork = (group: string) => (working.get(group) ?? 0) < slotsOfGroup
  const mayTryAgain = (group: string) => (working.get(group) ?? 0) < slotsOfGroup / 2
  let running = 0
  let again = 0

  function due(key: string, entry: Entry): void {
    clearTimeout(entry.timer)
    entry.timer = undefined
    entry.state = 'due'
    ;(entry.tries === 0 ? fresh : failed).add(entry.group, key)
    onDue()
  }

  function pause(key: string, entry: Entry): void {
    const millis = Math.min(firstPauseMillis * 4 ** (entry.tries - 1), maxPauseMillis)
    entry.state = 'waiting'
    entry.timer = setTimeout(() => due(key, entry), millis * (0.5 + random())).unref()
  }

  function ended(key: string): Entry | undefined {
    const entry = entries.get(key)
    if (entry?.state !== 'running') return undefined
    running--
    if (entry.tries > 0) again--
    const others = (working.get(entry.group) ?? 1) - 1
    if (others > 0) working.set(entry.group, others)
    else working.delete(entry.group)
    return entry
  }

  return {
    has: (key: string): boolean => entries.has(key),

    /**
     * Adds one, unless it is there.
     *
     * @param tries - How often it has failed before: it waits then.
     * @returns Whether it is there now.
     */
    add(key: string, group: string, tries = 0): boolean {
      if (entries.has(key)) return true
      if (entries.size >= maxEntries) return false
      const entry: Entry = { group, tries, state: 'waiting' }
      entries.set(key, entry)
      if (tries === 0) due(key, entry)
      else pause(key, entry)
      return true
    },

    /** Tries one at once that waits to be tried again. */
    hurry(key: string): void {
      const entry = entries.get(key)
      if (entry?.state === 'waiting') due(key, entry)
    },

    /** The next to be tried; undefined while there is none, or no room. */
    next(): { key: string; tries: number } | undefined {
      if (running >= slots) return undefined
      // One of those that failed is always at work, so that new ones without end don't keep them from it.
      const key =
        (again === 0 ? failed.take(mayTryAgain) : undefined) ??
        fresh.take(mayWork) ??
        (again < slots / 2 ? failed.take(mayTryAgain) : undefined)
      const entry = key === undefined ? undefined : entries.get(key)
      if (!entry) return undefined
      entry.state = 'running'
      running++
      working.set(entry.group, (working.get(entry.group) ?? 0) + 1)
      if (entry.tries > 0) again++
      return { key: key!, tries: entry.tries }
    },

    done(key: string): void {
      if (ended(key)) entries.delete(key)
    },

    failed(key: string): Retry {
      const entry = ended(key)
      if (!entry) return { tries: 0, dropped: true }
      entry.tries++
      const dropped = entry.tries >= maxTries
      if (dropped) entries.delete(key)
      else pause(key, entry)
      return { tries: entry.tries, dropped }
    },

    stop(): void {
      for (const { timer } of entries.values()) clearTimeout(timer)
      entries.clear()
    },
  }
}

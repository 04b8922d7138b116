import { JournalError, JournalLostError } from '../errors/journal.ts'
import type { Draft } from './draft.ts'
import type { Entry } from './ledger.ts'
import { createPatience, type Patience } from './patience.ts'
import type { RunningLog } from './running-log.ts'
import { createThresholds } from './thresholds.ts'
import { nextTurn, pause } from './turn.ts'
import { within } from './within.ts'

export type WriterOptions = {
  /**
   * Opens a journal; another one, if the one before was lost. What it throws is told, and it is tried again: a full disk must not
   * disturb an application.
   */
  open: () => RunningLog
  /** Drafts that may wait, those that are being written included. */
  maxQueueSize: number
  onRecorded: (count: number) => void
  onDropped: (count: number, cause: unknown) => void
  onError: (error: unknown) => void
}

/** Writes drafts into the journal, many at once, off the application's path. */
export type Writer = {
  /** Never throws. Resolves with the entry once it is kept; with undefined if it was dropped or can't be written for now. */
  take(draft: Draft): Promise<Entry | undefined>
  /** Opens another journal, for what is taken from now on. What has its place in this one is written there first. */
  renew(): Promise<void>
  /** Resolves when the journal is open, or a first attempt to open it has failed. */
  opened: Promise<void>
  /**
   * Resolves when all that was taken so far is kept or dropped; rejects with what keeps it from being written for now.
   *
   * @param timeoutMillis - How long a disk that gives no answer is waited for.
   */
  written(timeoutMillis: number): Promise<void>
  /**
   * Writes what waits, tries no more than once, and ends.
   *
   * @param timeoutMillis - After how long a disk that gives no answer is given up; what waits is dropped then.
   */
  close(timeoutMillis: number): Promise<void>
}

type Waiting = { draft: Draft; done: (entry: Entry | undefined) => void }

/** How many drafts are hashed before the application has its turn: about a quarter of a millisecond. */
const sliceSize = 4
/** When more than this many came at once, the write waits for company: it costs as much for one as for a hundred. */
const fewEntries = 2
const companyMillis = 40
const companyTurns = 8
/** What is entered before it is written, however fast more comes. */
const maxEntries = 1_000
/** For how long a disk is waited for before those who wait are told; after that it is tried again beside them. */
const patienceMillis = 1_000
const minRetryMillis = 100
const maxRetryMillis = 10_000

export function createWriter(options: WriterOptions): Writer {
  const finished = createThresholds<number>()
  const counts = { taken: 0, finished: 0 }
  let queue: Waiting[] = []
  /** What has its place in the journal and is not written yet. */
  let entries = new Map<Waiting, Entry>()
  let working: Promise<void> | undefined
  let log: RunningLog | undefined
  /** The last failure, while nothing can be written. */
  let stalled: unknown
  /** Whether that is only that the journal gives no answer. */
  let isSilent = false
  let patience: Patience | undefined
  let closing = false
  let givenUp = false
  let renewing = false
  let tried: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (tried = resolve))
  let interrupt: () => void = () => undefined
  const interrupted = new Promise<void>((resolve) => (interrupt = resolve))

  function open(): RunningLog {
    try {
      return (log ??= options.open())
    } finally {
      tried()
    }
  }

  function waiting(): Waiting[] {
    return [...entries.keys(), ...queue]
  }

  function noAnswer(): JournalError {
    return new JournalError(log?.journal.instance ?? 'unknown', 'gives no answer')
  }

  function stall(cause: unknown): void {
    stalled = cause
    for (const { done } of waiting()) done(undefined)
    finished.reach(Infinity)
  }

  /** Tries until it works; gives undefined if the writer is closed before. */
  async function persist<T>(attempt: () => T | Promise<T>): Promise<T | undefined> {
    let failure: unknown
    const watching = createPatience(patienceMillis, () => {
      isSilent = failure === undefined
      if (isSilent) options.onError((failure = noAnswer()))
      stall(failure)
    })
    patience = watching
    try {
      for (let wait = minRetryMillis; ; wait = Math.min(2 * wait, maxRetryMillis)) {
        try {
          const result = await attempt()
          stalled = undefined
          return result
        } catch (error) {
          failure = error
          isSilent = false
          options.onError(error)
          if (watching.isOver() || closing) stall(error)
          if (closing) return undefined
          await Promise.race([pause(wait, !watching.isOver()), interrupted])
        }
      }
    } finally {
      watching.end()
    }
  }

  /** Enters and writes what waits; from the beginning, into another journal, if this one turns out to be lost. */
  async function write(): Promise<RunningLog> {
    const target = open()
    await enterAll(target)
    await enterCompany(target)
    try {
      await target.journal.sync()
    } catch (error) {
      if (error instanceof JournalLostError) {
        log = undefined
        queue = waiting()
        entries = new Map()
        if (error.lost > 0) options.onDropped(error.lost, error)
      }
      throw error
    }
    return target
  }

  /** Gives what waits its places, a few at a time. */
  async function enterAll({ ledger }: RunningLog): Promise<void> {
    while (queue.length > 0 && entries.size < maxEntries) {
      for (const next of queue.splice(0, sliceSize)) {
        try {
          entries.set(next, ledger.add(next.draft))
        } catch (error) {
          drop([next], error)
        }
      }
      await nextTurn()
      patience?.moved()
    }
  }

  /** Waits as long as more keeps coming, and enters it. Who waits for this write to go on sends nothing meanwhile. */
  async function enterCompany(target: RunningLog): Promise<void> {
    let before = fewEntries
    for (let turn = 0; turn < companyTurns && entries.size > before && !closing; turn++) {
      before = entries.size
      await pause(companyMillis / companyTurns)
      await enterAll(target)
    }
  }

  function finish(count: number): void {
    counts.finished += count
    finished.reach(counts.finished)
  }

  function drop(lost: readonly Waiting[], cause: unknown): void {
    if (lost.length === 0) return
    options.onDropped(lost.length, cause)
    for (const { done } of lost) done(undefined)
    finish(lost.length)
  }

  function dropAll(): void {
    const lost = waiting()
    entries = new Map()
    queue = []
    drop(lost, stalled)
  }

  /** Writes what waits in one go, again and again until nothing waits. */
  async function work(): Promise<void> {
    await nextTurn()
    await persist(open)
    await renewIfDue()
    while (log && entries.size + queue.length > 0) {
      const written = await persist(write)
      if (givenUp) return
      if (!written) break
      const kept = entries
      entries = new Map()
      options.onRecorded(kept.size)
      for (const [{ done }, entry] of kept) done(entry)
      finish(kept.size)
      written.settler.notify()
      await renewIfDue()
    }
    // Here something waits only if the writer is closed.
    dropAll()
  }

  async function renewIfDue(): Promise<void> {
    if (!renewing || entries.size > 0) return
    renewing = false
    log = undefined
    await persist(open)
  }

  function start(): Promise<void> {
    working ??= work()
      .catch((error: unknown) => {
        // Of our own making: what waits is written with the next attempt.
        options.onError(error)
        return pause(minRetryMillis, false)
      })
      .finally(() => {
        working = undefined
        if (entries.size + queue.length > 0 || renewing) void start()
      })
    return working
  }

  async function written(timeoutMillis: number): Promise<void> {
    const { taken } = counts
    const end = performance.now() + timeoutMillis
    while (counts.finished < taken) {
      if (stalled === undefined) {
        await finished.wait(taken).reached
        continue
      }
      // A journal that is only slow may still be heard of.
      const left = isSilent ? end - performance.now() : 0
      if (left <= 0) throw stalled as Error
      const { reached, forget } = finished.wait(taken)
      await within(left, reached)
        .catch(() => undefined)
        .finally(forget)
    }
  }

  // What an earlier process left is taken up at once.
  void start()

  return {
    take(draft) {
      return new Promise((done) => {
        const waiting = { draft, done }
        counts.taken++
        const isFull = entries.size + queue.length >= options.maxQueueSize
        if (closing || isFull) return drop([waiting], stalled)
        queue.push(waiting)
        if (stalled !== undefined) done(undefined)
        void start()
      })
    },
    async renew() {
      renewing = true
      const isDue = () => renewing && !closing
      while (isDue()) await start()
    },
    opened,
    written,
    async close(timeoutMillis) {
      closing = true
      interrupt()
      await within(timeoutMillis, working ?? Promise.resolve()).catch(() => {
        givenUp = true
        stalled ??= noAnswer()
        dropAll()
      })
    },
  }
}

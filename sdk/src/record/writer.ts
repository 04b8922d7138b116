import type { Draft } from './draft.ts'
import type { Entry } from './ledger.ts'
import type { RunningLog } from './running-log.ts'
import { createThresholds } from './thresholds.ts'
import { nextTurn, pause } from './turn.ts'

export type WriterOptions = {
  /** Opens the journal. What it throws is told, and it is tried again: a full disk must not disturb an application. */
  open: () => RunningLog
  /** Drafts that may wait. */
  maxQueueSize: number
  onRecorded: (count: number) => void
  onDropped: (count: number, cause: unknown) => void
  onError: (error: unknown) => void
}

/** Writes drafts into the journal, many at once, off the application's path. */
export type Writer = {
  /** Never throws. Resolves with the entry once it is kept; with undefined if it was dropped or can't be written for now. */
  take(draft: Draft): Promise<Entry | undefined>
  /** Resolves when the journal is open, or a first attempt to open it has failed. */
  opened: Promise<void>
  /** Resolves when all that was taken so far is kept or dropped; rejects with what keeps it from being written for now. */
  written(): Promise<void>
  /** Writes what waits, tries no more than once, and ends. */
  close(): Promise<void>
}

type Waiting = { draft: Draft; done: (entry: Entry | undefined) => void }
type Entered = { entry: Entry; done: Waiting['done'] }

/** How many drafts are hashed before the application has its turn: about a quarter of a millisecond. */
const sliceSize = 4
/** When more than this many came at once, the write waits for company: it costs as much for one as for a hundred. */
const fewEntries = 2
const companyMillis = 40
const companyTurns = 8
/** For how long a failure is waited out before those who wait are told; after that it is tried again beside them. */
const patienceMillis = 1_000
const maxRetryMillis = 10_000

export function createWriter(options: WriterOptions): Writer {
  const finished = createThresholds<number>()
  const counts = { taken: 0, finished: 0 }
  const queue: Waiting[] = []
  /** Have their places, and are not written yet; being written. */
  let entered: Entered[] = []
  let writing: Entered[] = []
  let working: Promise<void> | undefined
  let log: RunningLog | undefined
  /** The last failure, while nothing can be written. */
  let stalled: unknown
  let closing = false
  let tried: () => void = () => undefined
  const opened = new Promise<void>((resolve) => (tried = resolve))
  let interrupt: () => void = () => undefined
  const interrupted = new Promise<void>((resolve) => (interrupt = resolve))

  function open(): RunningLog {
    try {
      return options.open()
    } finally {
      tried()
    }
  }

  /** Tries until it works, or the writer is closed. */
  async function persist<T>(attempt: () => T | Promise<T>): Promise<T | undefined> {
    const began = Date.now()
    for (let wait = 100; ; wait = Math.min(2 * wait, maxRetryMillis)) {
      try {
        const result = await attempt()
        stalled = undefined
        return result
      } catch (error) {
        options.onError(error)
        const patient = Math.abs(Date.now() - began) < patienceMillis
        if (!patient || closing) {
          stalled = error
          for (const { done } of [...writing, ...queue]) done(undefined)
          finished.reach(Infinity)
        }
        if (closing) return undefined
        await Promise.race([pause(wait, patient), interrupted])
      }
    }
  }

  /** Gives what waits its places, a few at a time. */
  async function enterAll(to: RunningLog): Promise<void> {
    while (queue.length > 0) {
      for (const { draft, done } of queue.splice(0, sliceSize)) {
        try {
          entered.push({ entry: to.ledger.add(draft), done })
        } catch (error) {
          drop([{ done }], error)
        }
      }
      await nextTurn()
    }
  }

  /** Waits as long as more keeps coming, and enters it. Who waits for this write to go on sends nothing meanwhile. */
  async function enterCompany(to: RunningLog): Promise<void> {
    let before = fewEntries
    for (let turn = 0; turn < companyTurns && entered.length > before && !closing; turn++) {
      before = entered.length
      await pause(companyMillis / companyTurns)
      await enterAll(to)
    }
  }

  function finish(count: number): void {
    counts.finished += count
    finished.reach(counts.finished)
  }

  function drop(lost: readonly Pick<Waiting, 'done'>[], cause: unknown): void {
    if (lost.length === 0) return
    options.onDropped(lost.length, cause)
    for (const { done } of lost) done(undefined)
    finish(lost.length)
  }

  /** Writes what was entered, in one go. */
  async function writeEntered({ journal, settler }: RunningLog): Promise<void> {
    writing = entered
    entered = []
    if (await persist(() => journal.sync().then(() => true))) {
      options.onRecorded(writing.length)
      for (const { entry, done } of writing) done(entry)
      finish(writing.length)
      settler.notify()
    } else {
      drop(writing, stalled)
    }
    writing = []
  }

  /** Enters and writes, again and again until nothing waits. */
  async function work(): Promise<void> {
    await nextTurn()
    log ??= await persist(open)
    while (log && queue.length > 0) {
      await enterAll(log)
      await enterCompany(log)
      await writeEntered(log)
    }
    // Here something waits only if the journal was never opened.
    drop(queue.splice(0), stalled)
  }

  function start(): Promise<void> {
    working ??= work().finally(() => {
      working = undefined
      if (queue.length > 0) void start()
    })
    return working
  }

  async function written(): Promise<void> {
    const { taken } = counts
    while (counts.finished < taken) {
      if (stalled !== undefined) throw stalled as Error
      await finished.wait(taken).reached
    }
  }

  // What an earlier process left is taken up at once.
  void start()

  return {
    take(draft) {
      return new Promise((done) => {
        const waiting = { draft, done }
        counts.taken++
        if (closing || queue.length >= options.maxQueueSize) return drop([waiting], stalled)
        queue.push(waiting)
        if (stalled !== undefined) done(undefined)
        void start()
      })
    },
    opened,
    written,
    async close() {
      closing = true
      interrupt()
      await working
    },
  }
}

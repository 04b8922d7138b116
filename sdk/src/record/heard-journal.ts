import { JournalError } from '../errors/journal.ts'
import type { OpenJournal } from '../journal/journal.ts'

/**
 * A journal of anybody's making, which may break its promises. Where a method that gives nothing back gives a promise all the same,
 * `sync` waits for it. Where one of them was rejected, or what was handed over is not there after a write, `sync` is rejected: what
 * such a journal holds is not known, and nothing may count as recorded.
 *
 * @throws JournalError if it is a promise.
 */
export function heard(journal: OpenJournal): OpenJournal {
  let pending: unknown[] = []
  let refused: { cause: unknown } | undefined
  const { state } = journal
  /** How far it has to come with the next write. */
  const due = { next: 0n, signed: 0n, settled: 0n }

  function hear(given: unknown): void {
    if (!isPromise(given)) return
    pending.push(given.then(undefined, (cause: unknown) => (refused ??= { cause })))
  }

  if (isPromise(journal)) {
    journal.then(undefined, () => undefined)
    throw new JournalError('unknown', 'must be opened at once, and is a promise')
  }
  return {
    instance: journal.instance,
    seed: journal.seed,
    state,
    compacts: journal.compacts,
    addInference(record) {
      hear(journal.addInference(record))
      due.next = record.sequence + 1n
    },
    addSigned(record) {
      hear(journal.addSigned(record))
      due.signed = record.first + 1n
    },
    addSettled(record) {
      hear(journal.addSettled(record))
      due.settled = record.first + 1n
    },
    addReissued: (record) => hear(journal.addReissued(record)),
    addProgress: (progress) => hear(journal.addProgress(progress)),
    async sync() {
      const given = pending
      pending = []
      const { next, signed, settled } = due
      await Promise.all(given)
      if (refused)
        throw new JournalError(journal.instance, 'has refused what it was given', refused)
      await journal.sync()
      if (next > state.next || signed > state.signed || settled > state.settled) {
        throw new JournalError(journal.instance, 'does not keep what it was given')
      }
    },
    inferences: (first, count) => journal.inferences(first, count),
    settlementOf: (sequence) => journal.settlementOf(sequence),
    sequenceOf: (inferenceId) => journal.sequenceOf(inferenceId),
    compact: () => journal.compact(),
    close: () => journal.close(),
  }
}

function isPromise(given: unknown): given is PromiseLike<unknown> {
  return typeof (given as PromiseLike<unknown> | undefined)?.then === 'function'
}

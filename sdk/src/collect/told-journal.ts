import type { InferenceRecord, Journal, OpenJournal } from '../journal/journal.ts'

/** Told what a journal keeps, before whoever recorded it is. */
export type KeptListener = (record: InferenceRecord, instance: OpenJournal['instance']) => void

/**
 * A journal that tells each inference once it is durable, also one that its recorder had given up to wait for.
 *
 * @param onOpen - Given each journal that is opened to record into.
 */
export function toldJournal(
  journal: Journal,
  onOpen: (opened: OpenJournal) => void,
  onKept: KeptListener,
): Journal {
  return Object.assign(
    (place: Parameters<Journal>[0]) => {
      const opened = told(journal(place), onKept)
      onOpen(opened)
      return opened
    },
    { directory: journal.directory, abandoned: journal.abandoned, free: journal.free },
  )
}

function told(journal: OpenJournal, onKept: KeptListener): OpenJournal {
  const { instance, state } = journal
  let added: InferenceRecord[] = []
  return {
    ...journal,
    addInference(record) {
      journal.addInference(record)
      added.push(record)
    },
    async sync() {
      await journal.sync()
      // What was added while it was written is kept with the next write.
      const kept = added.filter(({ sequence }) => sequence < state.next)
      added = added.slice(kept.length)
      for (const record of kept) onKept(record, instance)
    },
  }
}

import { toHex } from 'viem'
import type { Journal, JournalRecord } from './journal.ts'

/**
 * A journal in memory, for runtimes without a disk. What is not settled when the process ends is lost, and so are the openings:
 * export the receipts that you want to keep.
 */
export function memoryJournal(): Journal {
  return () => {
    const records: JournalRecord[] = []
    return {
      instance: toHex(crypto.getRandomValues(new Uint8Array(32))),
      seed: crypto.getRandomValues(new Uint8Array(32)),
      append: (record) => void records.push(record),
      sync: () => Promise.resolve(),
      read: () => [...records],
      close: () => Promise.resolve(),
    }
  }
}

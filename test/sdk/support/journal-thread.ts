/** Opens a journal in each directory, says which ones they are, and holds them until it is ended. */
import { fileJournal, type JournalPlace } from '@assay/sdk'
import { parentPort, workerData } from 'node:worker_threads'

/** What a thread is given. */
export type JournalThread = {
  directories: string[]
  place: JournalPlace
  /** Number of directories that may be opened, so that many threads open each at the same moment. */
  gate: Int32Array
}

const { directories, place, gate } = workerData as JournalThread
parentPort?.postMessage('ready')
const instances = directories.map((directory, i) => {
  Atomics.wait(gate, 0, i)
  return fileJournal({ directory })(place).instance
})
parentPort?.postMessage(instances)
setInterval(() => {}, 1000)

/**
 * Preloaded (`node --import`) into the indexer's process: ends it when its parent is gone, however the parent ended. A process
 * that is killed can't tell its children, so they look: every 400 ms whether they have another parent now.
 *
 * A worker does the looking, because the process itself may be busy in the database for seconds.
 */
import { isMainThread, Worker, workerData } from 'node:worker_threads'

const marker = 'assay:parent-watch'
const parent = Number(process.env.ASSAY_PARENT_PID)

if (isMainThread) {
  new Worker(new URL(import.meta.url), { workerData: marker, execArgv: [] }).unref()
} else if (workerData === marker) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(watch)
    // First kindly, so that the database is closed.
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), 1_500)
  }, 400)
}

import { type ProcessEntry, processTable } from './process-table.ts'

/** Those of the processes that still run: same pid, same start time, same command. */
export async function stillRunning(processes: readonly ProcessEntry[]): Promise<ProcessEntry[]> {
  const table = await processTable()
  return processes.filter(({ pid, startedAt, command }) => {
    const now = table.get(pid)
    return now?.startedAt === startedAt && now.command === command
  })
}

/**
 * Ends processes, kindly first, and by force what still runs after the grace.
 *
 * @param processes - As they were recorded; a pid that names another process by now is left alone.
 * @param graceMillis - Milliseconds between TERM and KILL.
 * @returns Those that did run.
 */
export async function stopProcesses(
  processes: readonly ProcessEntry[],
  graceMillis: number,
): Promise<ProcessEntry[]> {
  const running = await stillRunning(processes)
  signal(running, 'SIGTERM')
  const deadline = Date.now() + graceMillis
  let left = await stillRunning(running)
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    left = await stillRunning(left)
  }
  signal(left, 'SIGKILL')
  return running
}

function signal(processes: readonly ProcessEntry[], name: NodeJS.Signals): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, name)
    } catch {
      // It ended by itself, or belongs to another user: the port check says what that means for us.
    }
  }
}

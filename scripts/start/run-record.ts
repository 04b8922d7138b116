import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ProcessEntry, processTable, withDescendants } from './process-table.ts'
import { stopProcesses } from './stop-processes.ts'

const fileName = 'run.json'

/** Writes down this process and all of its children, so that a later run can stop what this one may leave. */
export async function recordRun(state: string): Promise<void> {
  const processes = withDescendants(await processTable(), process.pid)
  const file = join(state, fileName)
  // In one step: whoever reads it never sees half of it.
  await writeFile(`${file}.new`, `${JSON.stringify({ processes }, undefined, 2)}\n`)
  await rename(`${file}.new`, file)
}

/** Removes the record, when nothing is left to stop. */
export async function forgetRun(state: string): Promise<void> {
  await rm(join(state, fileName), { force: true })
}

/**
 * Stops what is left of an earlier run with the same state directory, the whole of it if it still runs.
 *
 * @returns How many processes that were.
 */
export async function stopEarlierRun(state: string): Promise<number> {
  const stopped = await stopProcesses(await readRun(state), 2_000)
  return stopped.length
}

async function readRun(state: string): Promise<ProcessEntry[]> {
  try {
    const record = JSON.parse(await readFile(join(state, fileName), 'utf8')) as {
      processes: ProcessEntry[]
    }
    return record.processes.filter(({ pid }) => Number.isInteger(pid) && pid > 1)
  } catch {
    // None, or one that says nothing.
    return []
  }
}

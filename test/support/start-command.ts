import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import {
  type ProcessEntry,
  processTable,
  withDescendants,
} from '../../scripts/start/process-table.ts'
import { stillRunning } from '../../scripts/start/stop-processes.ts'
import { cleanEnv } from './run-script.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const npx = ['-y', 'pnpm@12.21.0', 'start', '--no-quickstart', '--json']

/** A `start` as a user types it, up and ready. */
export type RunningStart = {
  /** Process id of npx, which leads a process group of its own. */
  pid: number
  /** Everything that runs for it, npx first. */
  processes: ProcessEntry[]
  /** What the milestone `ready` told. */
  ready: { graphql: string; chain: string; attach: string }
}

/**
 * Runs `npx pnpm start --no-quickstart` until it is ready.
 *
 * @param args - Further options.
 * @throws When it ends before.
 */
export async function startByNpx(args: readonly string[]): Promise<RunningStart> {
  const child = spawn('npx', [...npx, ...args], {
    cwd: root,
    // npx asks the registry about each package anew; what is tested here are processes, not the registry's pace.
    env: { ...cleanEnv(), npm_config_prefer_offline: 'true' },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  child.stderr.on('data', (chunk) => (output += String(chunk)))
  const ready = await new Promise<RunningStart['ready']>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      output += `${line}\n`
      if (line.includes('"milestone":"ready"')) resolve(JSON.parse(line) as RunningStart['ready'])
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(`start ended with ${String(code)}:\n${output}`))
    })
  })
  const pid = child.pid ?? 0
  return { pid, ready, processes: withDescendants(await processTable(), pid) }
}

/**
 * Waits until none of the processes runs any more.
 *
 * @returns Those that still run when the time is over.
 */
export async function leftAfter(
  processes: readonly ProcessEntry[],
  millis: number,
): Promise<ProcessEntry[]> {
  const deadline = Date.now() + millis
  let left = await stillRunning(processes)
  while (left.length > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    left = await stillRunning(left)
  }
  return left
}

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../indexer/main.ts', import.meta.url))

/** A program of the indexer's, run as whoever operates it would: by environment variables, and started anew when it ends. */
export type Program = {
  /** Ids of its process and of those that it started, with their command lines. */
  processes(): Promise<{ pid: number; command: string }[]>
  /** How often it was started anew. */
  restarts(): number
  stop(): Promise<void>
}

/** What a program logs with an error or a warning, at the end, for who looks why. */
const keptLines = 50

/** Whether a line of the log tells of an error. */
const isError = (line: string) => /^\{"level":[56]0,/.test(line)

/**
 * @param onEnd - Called with its last lines when it ended by itself.
 * @param onError - Called with each line that tells of an error.
 */
export function startProgram(
  command: 'start' | 'serve',
  env: Readonly<Record<string, string>>,
  onEnd: (lines: readonly string[]) => void = () => undefined,
  onError: (line: string) => void = () => undefined,
): Program {
  let stopped = false
  let starts = 0
  let child: ChildProcess
  let gone: Promise<void>

  function start(): void {
    starts++
    const lines: string[] = []
    child = spawn(process.execPath, [main, command], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream!.on('data', (text: Buffer) => {
        lines.push(text.toString())
        if (lines.length > keptLines) lines.shift()
        for (const line of text.toString().split('\n')) if (isError(line)) onError(line)
      })
    }
    gone = new Promise((resolve) => {
      child.once('close', () => {
        resolve()
        if (stopped) return
        onEnd(lines)
        setTimeout(start, 500)
      })
    })
  }

  start()
  return {
    async processes() {
      return child.pid === undefined ? [] : processesBelow(child.pid)
    },
    restarts: () => starts - 1,
    async stop() {
      stopped = true
      child.kill('SIGTERM')
      await gone
    },
  }
}

/** A process and all below it, with their command lines. */
export async function processesBelow(pid: number): Promise<{ pid: number; command: string }[]> {
  const pids = await descendants(pid)
  return Promise.all(pids.map(async (pid) => ({ pid, command: await commandOf(pid) })))
}

async function descendants(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const children = text.split(' ').filter(Boolean).map(Number)
  return [pid, ...(await Promise.all(children.map(descendants))).flat()]
}

async function commandOf(pid: number): Promise<string> {
  const text = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
  return text.replaceAll('\0', ' ')
}

/** Ticks a second in which Linux counts processor time, on all of its platforms. */
const ticksPerSecond = 100

/** The memory that a process has now, in MB, and the processor time that it has taken; undefined: it is gone. */
export async function usageOf(
  pid: number,
): Promise<{ mb: number; cpuSeconds: number } | undefined> {
  const [status, stat] = await Promise.all(
    ['status', 'stat'].map((it) => readFile(`/proc/${pid}/${it}`, 'utf8').catch(() => '')),
  )
  const kilobytes = Number(/VmRSS:\s+(\d+)/.exec(status!)?.[1])
  // Behind the name, which may hold anything: state first, of user and system the 12th and 13th.
  const fields = stat!.slice(stat!.lastIndexOf(')') + 2).split(' ')
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
  // Each is read for itself, and it may end in between.
  if (!Number.isFinite(kilobytes) || !Number.isFinite(cpuSeconds)) return undefined
  return { mb: Math.round(kilobytes / 1_024), cpuSeconds }
}

import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** A running process. Its start time tells it from a later one that was given the same pid. */
export type ProcessEntry = { pid: number; ppid: number; startedAt: string; command: string }

/** The running processes by pid; those that only wait to be reaped are left out. */
export async function processTable(): Promise<Map<number, ProcessEntry>> {
  const entries = process.platform === 'linux' ? await fromProc() : await fromPs()
  return new Map(entries.map((entry) => [entry.pid, entry]))
}

/** The process and all that descends from it, parents first. */
export function withDescendants(
  table: ReadonlyMap<number, ProcessEntry>,
  pid: number,
): ProcessEntry[] {
  const found = [table.get(pid)].filter((entry) => entry !== undefined)
  // The list grows while it is walked, so grandchildren are found too.
  for (const parent of found)
    for (const entry of table.values()) if (entry.ppid === parent.pid) found.push(entry)
  return found
}

// Minimal Linux images have no `ps`.
async function fromProc(): Promise<ProcessEntry[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const entries = await Promise.all(pids.map((pid) => readProc(Number(pid))))
  return entries.filter((entry) => entry !== undefined)
}

async function readProc(pid: number): Promise<ProcessEntry | undefined> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${String(pid)}/stat`, 'utf8'),
      readFile(`/proc/${String(pid)}/cmdline`, 'utf8'),
    ])
    // The second field is the name in parentheses, and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, ppid, startedAt] = [fields[0], fields[1], fields[19]]
    if (state === 'Z' || state === 'X' || startedAt === undefined) return undefined
    return { pid, ppid: Number(ppid), startedAt, command: command.replaceAll('\0', ' ').trim() }
  } catch {
    // It ended between the listing and the reading.
    return undefined
  }
}

async function fromPs(): Promise<ProcessEntry[]> {
  const { stdout } = await promisify(execFile)(
    'ps',
    ['-axo', 'pid=,ppid=,stat=,lstart=,command='],
    { env: { ...process.env, LC_ALL: 'C' }, maxBuffer: 2 ** 26 },
  )
  return parsePs(stdout)
}

/** Reads what `ps -axo pid=,ppid=,stat=,lstart=,command=` prints. */
export function parsePs(text: string): ProcessEntry[] {
  const line = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/
  return text.split('\n').flatMap((row) => {
    const [, pid, ppid, state, startedAt, command] = line.exec(row) ?? []
    if (!pid || !startedAt || state?.startsWith('Z')) return []
    return [{ pid: Number(pid), ppid: Number(ppid), startedAt, command: command ?? '' }]
  })
}

import { basename } from 'node:path'
import { type ProcessEntry, processTable } from './process-table.ts'

const packageManagers = /^(npm|npx|pnpm)(-cli)?(\.[cm]?js)?$/
const npm = /^np[mx](-cli)?(\.js)?$/

/**
 * The processes between the terminal and this one that exist only to run it: from the nearest parent up to the last package
 * manager, such as sh, pnpm, sh, npx. Empty when no package manager started it.
 *
 * @param table - The running processes.
 * @param pid - Whose ancestors.
 */
export function launchersOf(table: ReadonlyMap<number, ProcessEntry>, pid: number): ProcessEntry[] {
  const ancestors: ProcessEntry[] = []
  let entry = table.get(table.get(pid)?.ppid ?? 0)
  while (entry && entry.pid > 1) {
    ancestors.push(entry)
    entry = table.get(entry.ppid)
  }
  return ancestors.slice(0, ancestors.findLastIndex(isPackageManager) + 1)
}

function isPackageManager(entry: ProcessEntry): boolean {
  return packageManagers.test(programOf(entry))
}

/** Name of the program, or of the script where Node runs one. */
function programOf({ command }: ProcessEntry): string {
  const [program = '', script = ''] = command.split(/\s+/).map((word) => basename(word))
  return /^node(js)?$/.test(program) ? script : program
}

/**
 * Whether npx started this, but is gone already: killed while pnpm still installed, for instance. Then nothing is left to watch,
 * and nobody who could stop the run knows of it.
 *
 * @param env - npx leaves its traces in it: its cache, which holds pnpm, and npm's version.
 */
export function outlivedNpx(env: NodeJS.ProcessEnv, launchers: readonly ProcessEntry[]): boolean {
  const byNpx = /[/\\]_npx[/\\]/.test(env.npm_execpath ?? '') && env.npm_config_npm_version
  return Boolean(byNpx) && !launchers.some((it) => npm.test(programOf(it)))
}

/**
 * Calls back once when any of the launchers is gone: a killed package manager tells nobody, and its children would live on.
 *
 * @param launchers - As {@link launchersOf} gave them.
 * @returns Ends the watch.
 */
export function watchLaunchers(
  launchers: readonly ProcessEntry[],
  onGone: (launcher: ProcessEntry) => void,
): () => void {
  if (launchers.length === 0) return () => undefined
  // Reading /proc costs a millisecond or so; elsewhere `ps` must be run.
  const interval = process.platform === 'linux' ? 250 : 1000
  let busy = false
  const timer = setInterval(() => {
    if (busy) return
    busy = true
    void processTable()
      .then((table) => {
        const gone = launchers.find((it) => table.get(it.pid)?.startedAt !== it.startedAt)
        if (!gone) return
        clearInterval(timer)
        onGone(gone)
      })
      // The table can't be read just now: the next look may succeed.
      .catch(() => undefined)
      .finally(() => (busy = false))
  }, interval)
  return () => {
    clearInterval(timer)
  }
}

import type * as NodeFs from 'node:fs'

/** Says which process holds a lock: its pid, and something that changes when the pid is given to another process. */
type Holder = { pid: number; startedAt: string }

/**
 * Takes a lock file, also one whose holder has died.
 *
 * @returns Gives the lock free; undefined if a living process holds it.
 */
export function takeLock(fs: typeof NodeFs, path: string): (() => void) | undefined {
  const mine = JSON.stringify(holderOf(fs, process.pid))
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      fs.writeFileSync(path, mine, { flag: 'wx', mode: 0o600 })
      return () => {
        // After a take-over it is no longer ours to remove.
        if (read(fs, path) === mine) fs.rmSync(path, { force: true })
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const held = read(fs, path)
    if (held !== undefined && isAlive(fs, held)) return undefined
    // Renaming is atomic: of several that see the same dead holder, one wins the name and the others find no file to move.
    const grave = `${path}.${process.pid}.${attempt}`
    try {
      fs.renameSync(path, grave)
      fs.rmSync(grave, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
  return undefined
}

function holderOf(fs: typeof NodeFs, pid: number): Holder {
  return { pid, startedAt: startOf(fs, pid) }
}

/** Start time of a process where /proc tells it (field 22 of stat, proc(5)); elsewhere the pid alone has to do. */
function startOf(fs: typeof NodeFs, pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    // No /proc (macOS), or no such process.
    return ''
  }
}

function read(fs: typeof NodeFs, path: string): string | undefined {
  try {
    return fs.readFileSync(path, 'utf8')
  } catch {
    // Removed since: not held.
    return undefined
  }
}

function isAlive(fs: typeof NodeFs, held: string): boolean {
  let holder: Holder
  try {
    holder = JSON.parse(held) as Holder
  } catch {
    // Cut while it was written: its writer died.
    return false
  }
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false
  }
  return holder.startedAt === startOf(fs, holder.pid)
}

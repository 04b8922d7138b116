import type * as NodeFs from 'node:fs'
import type * as NodeOs from 'node:os'
import type * as NodeThreads from 'node:worker_threads'
import { builtin } from '../crypto/node.ts'
import { attempt } from './attempt.ts'

/** Says who holds a lock, so that anyone on the same machine can tell whether it still lives. */
export type Holder = {
  /** Where the pid means something: a boot of a kernel and a namespace of pids; elsewhere than on Linux, the host's name. */
  machine: string
  pid: number
  /** On Linux the kernel's id of the thread, which for the first one is the pid; elsewhere Node's id of it, 0 for the first. */
  thread: number
  /** Start of the thread in the kernel's ticks, since ids are given again; empty where it can't be known. */
  startedAt: string
}

/** The thread that calls. */
export function thisHolder(fs: typeof NodeFs): Holder {
  const pid = process.pid
  const own = attempt(() => fs.readlinkSync('/proc/thread-self'))
  const task = /^(\d+)\/task\/(\d+)$/.exec(own ?? '')
  const boot = attempt(() => fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim())
  const namespace = attempt(() => fs.readlinkSync('/proc/self/ns/pid'))
  if (task?.[1] === String(pid) && boot && namespace) {
    const thread = Number(task[2])
    const startedAt = stateOf(fs, pid, thread)?.startedAt ?? ''
    return { machine: `${boot} ${namespace}`, pid, thread, startedAt }
  }
  const { threadId = 0 } = (builtin('node:worker_threads') as typeof NodeThreads | undefined) ?? {}
  const host = attempt(() => (builtin('node:os') as typeof NodeOs).hostname())
  return { machine: host ?? '', pid, thread: threadId, startedAt: '' }
}

/**
 * Whether a holder still lives; undefined where that can't be known, since it is on another machine, or the runtime forbids to ask.
 *
 * @param me - The one who asks.
 */
export function isAlive(fs: typeof NodeFs, holder: Holder, me: Holder): boolean | undefined {
  if (holder.machine !== me.machine || me.machine === '') return undefined
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ESRCH') return false
    // Another user's.
    if (code !== 'EPERM') return undefined
  }
  if (holder.startedAt === '') return true
  const state = stateOf(fs, holder.pid, holder.thread)
  // The process is there and the thread is not; or the process is hidden from us.
  if (!state) return stateOf(fs, holder.pid, holder.pid) === undefined
  return state.startedAt === holder.startedAt && !state.isOver
}

/** What /proc tells of a thread (proc(5), stat: fields 3 and 22). A process that nobody has waited for is over all the same. */
function stateOf(
  fs: typeof NodeFs,
  pid: number,
  thread: number,
): { startedAt: string; isOver: boolean } | undefined {
  const stat = attempt(() => fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))
  // The second field, the name in brackets, may hold anything.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')
  const [state, startedAt] = [fields?.[0], fields?.[19]]
  return state && startedAt ? { startedAt, isOver: /[ZXx]/.test(state) } : undefined
}

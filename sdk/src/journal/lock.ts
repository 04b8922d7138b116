import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import { builtin } from '../crypto/node.ts'
import { attempt } from './attempt.ts'
import { type Holder, isAlive, thisHolder } from './holder.ts'

/** After how long without a sign of life a holder on another machine counts as dead, in ms. */
const leaseMillis = 600_000
/** How often a holder gives a sign of life, in ms. */
const signMillis = 60_000

/** A lock that this thread holds. */
export type Lock = {
  /** Whether it still does: another machine takes it over if this process has stood still for longer than the lease. */
  isHeld(): boolean
  /** Gives it free. */
  release(): void
}

/**
 * Takes a lock, also one whose holder has died. It is a numbered file, and the highest number counts: `lock.1`, then `lock.2` by
 * whoever comes next. A file is made by one alone and a number never comes back, so of several that see the same dead holder one
 * alone becomes the next.
 *
 * Whether a process or a thread of this machine lives is looked up. One of another machine, or of another container, gives signs
 * of life by the file's time of change; it counts as dead after ten minutes without one.
 *
 * @param path - Of the file, less its number.
 * @returns Undefined if somebody alive holds it.
 */
export function takeLock(fs: typeof NodeFs, path: string): Lock | undefined {
  const me = thisHolder(fs)
  for (let attempt = 0; attempt < 10; attempt++) {
    const numbers = numbersOf(fs, path)
    const last = numbers.at(-1) ?? 0
    if (last > 0 && isTaken(fs, `${path}.${last}`, me)) return undefined
    const mine = `${path}.${last + 1}`
    if (!make(fs, mine, JSON.stringify(me))) continue
    // What was listed may have been long past: those who came since have higher numbers.
    if (numbersOf(fs, path).at(-1) === last + 1) {
      for (const number of numbers) fs.rmSync(`${path}.${number}`, { force: true })
      return hold(fs, mine)
    }
    fs.rmSync(mine, { force: true })
  }
  return undefined
}

/** Makes a file with a text; false if it is there already. */
function make(fs: typeof NodeFs, file: string, text: string): boolean {
  let descriptor: number
  try {
    descriptor = fs.openSync(file, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    fs.writeFileSync(descriptor, text)
    return true
  } catch (error) {
    // Left empty by a full disk, it would pass for one that is being written.
    attempt(() => fs.rmSync(file, { force: true }))
    throw error
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Gives signs of life until the lock is given free. */
function hold(fs: typeof NodeFs, file: string): Lock {
  // A disk that fails is told by whoever writes to it.
  const timer = setInterval(() => attempt(() => mark(fs, file, '{')), signMillis)
  ;(timer as { unref?: () => void }).unref?.()
  return {
    // Whoever comes next takes the file away. That it can't be asked for says nothing, and is thrown.
    isHeld: () => fs.statSync(file, { throwIfNoEntry: false }) !== undefined,
    release() {
      clearInterval(timer)
      attempt(() => mark(fs, file, '-'))
    },
  }
}

/** Writes the first byte: `-` makes the lock nobody's; its number stays. The disk notes the time by its own clock. */
function mark(fs: typeof NodeFs, file: string, byte: '{' | '-'): void {
  const descriptor = fs.openSync(file, 'r+')
  try {
    fs.writeSync(descriptor, byte, 0)
  } finally {
    fs.closeSync(descriptor)
  }
}

function isTaken(fs: typeof NodeFs, file: string, me: Holder): boolean {
  const text = attempt(() => fs.readFileSync(file, 'utf8'))
  // Removed since: there is a higher number by now.
  if (text === undefined) return true
  if (text.startsWith('-')) return false
  const holder = attempt(() => JSON.parse(text) as Holder)
  // Not written yet, or its writer died over it.
  return (holder && isAlive(fs, holder, me)) ?? gaveSign(fs, file)
}

/** Whether a file was changed lately by the clock of its disk, which all machines share: their own may differ. */
function gaveSign(fs: typeof NodeFs, file: string): boolean {
  const probe = `${file}.${crypto.randomUUID()}`
  const changed = attempt(() => fs.statSync(file).mtimeMs)
  try {
    fs.writeFileSync(probe, '', { mode: 0o600 })
    return changed === undefined || fs.statSync(probe).mtimeMs - changed < leaseMillis
  } finally {
    fs.rmSync(probe, { force: true })
  }
}

/** The numbers that there are, in order. */
function numbersOf(fs: typeof NodeFs, path: string): number[] {
  const names = builtin('node:path') as typeof NodePath
  const start = `${names.basename(path)}.`
  return fs
    .readdirSync(names.dirname(path))
    .filter((name) => name.startsWith(start) && /^\d+$/.test(name.slice(start.length)))
    .map((name) => Number(name.slice(start.length)))
    .sort((a, b) => a - b)
}

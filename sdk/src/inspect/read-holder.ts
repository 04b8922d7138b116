import type * as NodeFs from 'node:fs'
import type * as NodePath from 'node:path'
import { attempt } from '../journal/attempt.ts'
import { type Holder, isAlive, thisHolder } from '../journal/holder.ts'
import { builtin } from '../crypto/node.ts'

/** Who holds a journal. */
export type JournalHolder = {
  pid: number
  /** Whether it lives; undefined where that can't be known, since it is on another machine or in another container. */
  isAlive: boolean | undefined
}

/**
 * Who holds a journal, without asking for its lock.
 *
 * @param folder - Of the journal.
 * @returns Undefined if nobody does.
 */
export function readHolder(folder: string): JournalHolder | undefined {
  const fs = builtin('node:fs') as typeof NodeFs | undefined
  const path = builtin('node:path') as typeof NodePath | undefined
  if (!fs || !path) return undefined
  const numbers = (attempt(() => fs.readdirSync(folder)) ?? [])
    .map((name) => Number(/^lock\.(\d+)$/.exec(name)?.[1] ?? 0))
    .sort((a, b) => a - b)
  // The highest number counts.
  const last = numbers.at(-1)
  if (!last) return undefined
  const text = attempt(() => fs.readFileSync(path.join(folder, `lock.${last}`), 'utf8'))
  // One that was given free begins with a dash.
  const holder = attempt(() => JSON.parse(text ?? '') as Partial<Holder> | null)
  if (!holder || typeof holder.pid !== 'number') return undefined
  return { pid: holder.pid, isAlive: isAlive(fs, holder as Holder, thisHolder(fs)) }
}

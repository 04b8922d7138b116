import type { ArchiveOptions } from '@assay/attestation'
import { UsageError } from '../errors.ts'
import { wordFrom } from '../input/words.ts'

/** Options of commands that judge an attestation. */
export type JudgingOptions = {
  root?: string[]
  vmpl?: string
  tcbStatus?: string[]
}

/** What an attestation is judged by. @param at - Unix seconds. @throws UsageError */
export function judgingBy({ root, vmpl, tcbStatus }: JudgingOptions, at: number): ArchiveOptions {
  if (vmpl !== undefined && !/^[0-3]$/.test(vmpl)) {
    throw new UsageError('`--vmpl` must be 0, 1, 2 or 3.')
  }
  return {
    at,
    ...(root && { pins: root.map((digest) => wordFrom(digest, '`--root`')) }),
    ...(vmpl !== undefined && { vmpl: Number(vmpl) }),
    ...(tcbStatus && { tcbStatuses: tcbStatus as never }),
  }
}

/** A time that somebody gave: Unix seconds, or as RFC 3339 writes it in UTC. @throws UsageError */
export function secondsFrom(time: string, where: string): number {
  if (/^\d{1,11}$/.test(time)) return Number(time)
  const date = new Date(time)
  // A day that its month does not have would be taken for one of the next month.
  const isTime = date.getTime() >= 0 && date.toISOString().replace('.000Z', 'Z') === time
  if (isTime) return date.getTime() / 1000
  throw new UsageError(`${where} must be Unix seconds, or a time such as 2026-01-31T08:00:00Z.`)
}

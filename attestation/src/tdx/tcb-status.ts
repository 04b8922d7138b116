import { MalformedError } from '../judging/errors.ts'

/** How current a part is, in the words of Intel. */
export type TcbStatus =
  | 'UpToDate'
  | 'SWHardeningNeeded'
  | 'ConfigurationNeeded'
  | 'ConfigurationAndSWHardeningNeeded'
  | 'OutOfDate'
  | 'OutOfDateConfigurationNeeded'
  | 'Revoked'

/** What is lacking, in the order in which it outweighs the rest. */
const lacks: Record<TcbStatus, readonly ('revoked' | 'update' | 'configuration' | 'hardening')[]> =
  {
    UpToDate: [],
    SWHardeningNeeded: ['hardening'],
    ConfigurationNeeded: ['configuration'],
    ConfigurationAndSWHardeningNeeded: ['configuration', 'hardening'],
    OutOfDate: ['update'],
    OutOfDateConfigurationNeeded: ['update', 'configuration'],
    Revoked: ['revoked'],
  }

/** Whether a text is a status. */
export function isTcbStatus(value: unknown): value is TcbStatus {
  return typeof value === 'string' && Object.hasOwn(lacks, value)
}

/** Reads a status. Throws MalformedError. */
export function tcbStatusOf(value: unknown): TcbStatus {
  if (!isTcbStatus(value)) throw new MalformedError('has a status that is not known')
  return value
}

/** The status of parts together: it lacks what any of them lacks. What is out of date is not asked to be hardened as well. */
export function together(statuses: readonly TcbStatus[]): TcbStatus {
  const all = new Set(statuses.flatMap((status) => lacks[status]))
  if (all.has('revoked')) return 'Revoked'
  if (all.has('update')) {
    return all.has('configuration') ? 'OutOfDateConfigurationNeeded' : 'OutOfDate'
  }
  if (all.has('configuration')) {
    return all.has('hardening') ? 'ConfigurationAndSWHardeningNeeded' : 'ConfigurationNeeded'
  }
  return all.has('hardening') ? 'SWHardeningNeeded' : 'UpToDate'
}

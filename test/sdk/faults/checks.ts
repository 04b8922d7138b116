import type { Fault } from './faults.ts'
import type { Result } from './run.ts'

/** What is wrong with a run, beside what the application has seen. */
export type Check = (fault: Fault, result: Result) => string[]

/** Nothing that was acknowledged is lost, and of nothing is nobody told. */
const accounts: Check = (_, { untold, lost }) => [
  ...(untold > 0 ? [`${untold} of which nobody was told`] : []),
  ...(lost.length > 0 ? [`${lost.length} lost`] : []),
]
const ends: Check = (_, { ended }) => (ended ? [] : ['no end'])

/** By the kind of the sites at which something fails. */
export const checks = {
  // Our own work that stops for ever can say nothing of itself.
  awaits: (fault, result) => (fault.manner === 'never comes back' ? [] : accounts(fault, result)),
  calls: (fault, result) => [...accounts(fault, result), ...ends(fault, result)],
} satisfies Record<string, Check>

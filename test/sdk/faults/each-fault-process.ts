/**
 * Runs the questions once for each of the faults that its parent sends, and sends back what was wrong. A process of its own, since a
 * recorder that stops for ever is never let go of.
 */
import { context, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { BasicTracerProvider } from '@opentelemetry/sdk-trace-base'
import { checks } from './checks.ts'
import { eachFault, type Outcome } from './each-fault.ts'
import type { Fault } from './faults.ts'

export type Task = { kind: keyof typeof checks; faults: readonly Fault[]; left: string }

// Without a tracer there is nothing that could fail.
trace.setGlobalTracerProvider(new BasicTracerProvider())
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
// Where a listener's own failures go.
console.warn = () => undefined

process.once('message', (task: Task) => {
  const { kind, faults, left } = task
  void eachFault(faults, left, checks[kind]).then((outcome: Outcome) => {
    process.send?.(outcome, undefined, undefined, () => process.exit())
  })
})

import { InferenceNotFoundError } from '../errors/recording.ts'
import { aroundGlobal } from './plain-fetch.ts'
import type { Recorder } from './recorder-type.ts'

/** A recorder that does nothing: calls go through as if it were not there. */
export function disabledRecorder(send: typeof fetch | undefined): Recorder {
  const nothing = () => Promise.resolve(undefined)
  const none = () => Promise.resolve([])
  const status = {
    recorded: 0,
    settled: 0,
    finalized: 0,
    pending: 0,
    dropped: 0,
    failed: 0,
    lastError: undefined,
  }
  return {
    enabled: false,
    canCapture: true,
    fetch: send ? (input, init) => send(input, init) : aroundGlobal((global) => global),
    openai: (client) => client,
    handler:
      (handler) =>
      async (request, ...rest) =>
        handler(request, ...rest),
    record: nothing,
    capture: async (run) => ({ value: await run(), inferences: none, receipts: none }),
    receiptOf: nothing,
    waitForSettlement: (of) =>
      Promise.reject(new InferenceNotFoundError(typeof of === 'string' ? of : of.inferenceId)),
    contentOf: ((of: unknown) =>
      Promise.resolve(typeof of === 'string' ? undefined : {})) as Recorder['contentOf'],
    flush: nothing,
    shutdown: nothing,
    status: () => status,
    [Symbol.asyncDispose]: nothing,
  }
}

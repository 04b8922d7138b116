import { type WaitUntil, waitUntilOf } from '../config/wait-until.ts'
import { type ExchangeOptions, watchExchange } from './exchange.ts'
import type { RequestInfo } from './should-record.ts'

/** A call that stands for an inference, while it is under way. */
export type OpenCall = Omit<ExchangeOptions, 'keep' | 'digestMessages'>

export type HookOptions = {
  shouldRecord: (request: RequestInfo) => boolean
  /** Called as a call begins. Must not throw. */
  begin: (waitUntil?: WaitUntil) => OpenCall
  /** Whose bytes are kept. */
  keep: ExchangeOptions['keep']
  /** Takes the messages of requests, if they are to be committed to. */
  digestMessages: ExchangeOptions['digestMessages']
  /** Told of what fails before a call has begun. */
  onError: (error: unknown) => void
}

/** A `fetch` that records around another one. It behaves as that one does. */
export function recordingFetch(
  send: (...call: Parameters<typeof fetch>) => Promise<Response>,
  { shouldRecord, begin, keep, digestMessages, onError }: HookOptions,
): typeof fetch {
  /** What to send, and what to do with the response; undefined if the call is no inference, or can't be watched. */
  function watchCall(input: Parameters<typeof fetch>[0], init: RequestInit | undefined) {
    let call: OpenCall | undefined
    try {
      const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
      const url = urlOf(input)
      if (!url || !shouldRecord({ method: method.toUpperCase(), url })) return undefined
      call = begin()
      const exchange = watchExchange({ ...call, keep, digestMessages })
      const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined)
      if (init?.body == null && input instanceof Request) {
        const facts = exchange.bodyOf(input)
        return { call, init, watch: exchange.start({ url, facts, signal }) }
      }
      const { init: sent, facts } = exchange.sent(init)
      return { call, init: sent, watch: exchange.start({ url, facts, signal }) }
    } catch (error) {
      // Whatever we stumble over is not the application's concern.
      if (call) call.onError(error)
      else onError(error)
      return undefined
    }
  }

  return (input, init) => {
    const watched = watchCall(input, init)
    if (!watched) return send(input, init)
    const { call, watch } = watched
    let sent: Promise<Response>
    try {
      sent = send(input, watched.init)
    } catch (error) {
      call.onNothing()
      throw error
    }
    // A custom fetch may give what is no promise, and its callers wait for that too.
    return Promise.resolve(sent).then(watch, (error: unknown) => {
      call.onNothing()
      throw error
    })
  }
}

/** A fetch-handler that records around another one. It behaves as that one does. */
export function recordingHandler<A extends unknown[]>(
  handler: (request: Request, ...rest: A) => Response | Promise<Response>,
  { shouldRecord, begin, keep, digestMessages, onError }: HookOptions,
): (request: Request, ...rest: A) => Promise<Response> {
  return async (request, ...rest) => {
    let call: OpenCall | undefined
    let watch: (response: Response) => Response = (response) => response
    try {
      const url = new URL(request.url)
      if (shouldRecord({ method: request.method, url })) {
        call = begin(waitUntilOf(rest))
        const exchange = watchExchange({ ...call, keep, digestMessages })
        const facts = exchange.bodyOf(request)
        watch = exchange.start({ url, facts, signal: request.signal })
      }
    } catch (error) {
      if (call) call.onError(error)
      else onError(error)
    }
    try {
      return watch(await handler(request, ...rest))
    } catch (error) {
      call?.onNothing()
      throw error
    }
  }
}

/** The address of a request; in a browser it may be relative to the page. */
function urlOf(input: Parameters<typeof fetch>[0]): URL | undefined {
  const base = (globalThis as { location?: { href?: string } }).location?.href
  const address = input instanceof Request ? input.url : String(input)
  return URL.canParse(address, base) ? new URL(address, base) : undefined
}

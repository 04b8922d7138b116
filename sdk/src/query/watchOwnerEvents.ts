import type { Address } from 'viem'
import type { BaseError } from '../errors/base.ts'
import { createEventStreamReader } from '../record/event-stream.ts'
import type { IndexerClient } from './client.ts'
import { IndexerResponseError, IndexerUnreachableError } from './errors.ts'
import { readMessage } from './ownerEvent.ts'
import { createToldEvents, type OwnerEvent } from './toldEvents.ts'

export type WatchOwnerEventsParameters = {
  owner: Address
  /** A cursor, such as the `after` of an event before; `0`: from the start. Default: from what is not final yet. */
  after?: string | undefined
  /** Ends it. Default: never. */
  signal?: AbortSignal | undefined
  /** Called when a connection failed; the next one follows. Default: nothing. */
  onError?: ((error: BaseError) => void) | undefined
  /** Milliseconds until the first further connection; each time twice as long, to 30 s. Default: 1,000. */
  retryMillis?: number | undefined
  /** Milliseconds without a sign of life after which a connection is given up. Default: 60,000. */
  idleMillis?: number | undefined
}

const maxRetryMillis = 30_000

/**
 * What happens to an owner, as it happens: its settlements, and verdicts on its inferences, models and environments. Connections that break are
 * made anew, nothing final is left out, and what a reorganization takes back is told as `removed`. Of two of one name the later counts.
 *
 * @throws IndexerResponseError if it is refused, or what comes is no such stream.
 *
 * @example
 * for await (const event of watchOwnerEvents(client, { owner, after: await load() })) {
 *   if (event.type === 'verdict') warn(event)
 *   await save(event.after)
 * }
 */
export async function* watchOwnerEvents(
  client: IndexerClient,
  parameters: WatchOwnerEventsParameters,
): AsyncGenerator<OwnerEvent, void, undefined> {
  const { owner, signal, onError, retryMillis = 1_000, idleMillis = 60_000 } = parameters
  const tell = createToldEvents()
  let { after } = parameters
  let failures = 0
  while (!signal?.aborted) {
    const connection = new AbortController()
    const end = () => connection.abort()
    signal?.addEventListener('abort', end, { once: true })
    try {
      const body = await client.stream(
        `owners/${owner}/events`,
        after === undefined ? {} : { after },
        connection.signal,
      )
      for await (const data of eventsOf(body, idleMillis, end)) {
        const message = readMessage(data)
        if (!message) continue
        failures = 0
        for (const event of tell(message)) yield event
        after = message.after
      }
    } catch (error) {
      if (signal?.aborted) return
      if (!(error instanceof IndexerUnreachableError)) throw error
      onError?.(error)
    } finally {
      signal?.removeEventListener('abort', end)
      end()
    }
    const millis = Math.min(retryMillis * 2 ** failures++, maxRetryMillis)
    await pause(millis * (0.5 + Math.random() / 2), signal)
  }
}

/** Data of events, as they come; ends with the connection. */
async function* eventsOf(
  body: ReadableStream<Uint8Array>,
  idleMillis: number,
  giveUp: () => void,
): AsyncGenerator<string> {
  let events: string[] = []
  const parser = createEventStreamReader((data) => events.push(data))
  const reader = body.getReader()
  try {
    for (;;) {
      const idle = setTimeout(giveUp, idleMillis)
      const { done, value } = await reader.read().finally(() => clearTimeout(idle))
      // What has no end is no event.
      if (done) return
      parser.push(value)
      const came = events
      events = []
      yield* came
    }
  } catch (cause) {
    if (cause instanceof IndexerResponseError) throw cause
    throw new IndexerUnreachableError('its stream of events broke off', { cause })
  } finally {
    reader.cancel().catch(() => undefined)
  }
}

function pause(millis: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, millis)
    signal?.addEventListener('abort', end, { once: true })
  })
}

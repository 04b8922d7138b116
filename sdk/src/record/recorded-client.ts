import { UnsupportedClientError } from '../errors/recording.ts'

/** What the clients of OpenAI, Anthropic and others made by the same generator have in common. */
type Client = {
  fetch?: typeof fetch
  withOptions?: (options: Record<string, unknown>) => Client
  /** Of AzureOpenAI, whose older versions forget it when they are copied. */
  apiVersion?: string | undefined
  deploymentName?: string | undefined
}

/**
 * A client of the same class and with the same options, whose calls are recorded. Its own `fetch`, which may be a custom one,
 * stays in use. The client that was given is left as it is.
 *
 * @param record - Gives a `fetch` that records around another one.
 * @param isRecorded - Whether a `fetch` records already.
 * @throws UnsupportedClientError if the client can't be copied with another `fetch`.
 */
export function recordedClient<C>(
  client: C,
  record: (send: typeof fetch) => typeof fetch,
  isRecorded: (send: typeof fetch) => boolean,
): C {
  const original = (client ?? {}) as Client
  const send = original.fetch
  if (typeof send !== 'function') throw new UnsupportedClientError('it has no `fetch` of its own')
  if (typeof original.withOptions !== 'function') {
    throw new UnsupportedClientError('it has no `withOptions`')
  }
  if (isRecorded(send)) return client
  // Not called on the client: the global `fetch` refuses any other `this`.
  const recording = record((input, init) => send(input, init))
  const { apiVersion, deploymentName: deployment } = original
  let copy: Client
  try {
    copy = original.withOptions({
      fetch: recording,
      ...(apiVersion === undefined ? {} : { apiVersion, deployment }),
    })
  } catch (cause) {
    throw new UnsupportedClientError('its `withOptions` threw', { cause })
  }
  if (copy.fetch !== recording)
    throw new UnsupportedClientError('its `withOptions` ignores `fetch`')
  return copy as C
}

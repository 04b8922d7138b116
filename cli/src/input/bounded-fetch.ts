/**
 * A `fetch` for the endpoint that is named, and no other, whose server is not trusted with our time: headers and body together come
 * within the limit, and a `Retry-After`, by which a client may be told to wait for days, is not handed on. Who leads elsewhere gives
 * no answer, since reports name the endpoint that was asked.
 *
 * @param timeoutMillis - Of one request.
 */
export function boundedFetch(timeoutMillis: number): typeof fetch {
  return async (input, init = {}) => {
    const limit = AbortSignal.timeout(timeoutMillis)
    const signal = init.signal ? AbortSignal.any([init.signal, limit]) : limit
    const response = await fetch(input, { ...init, redirect: 'error', signal })
    const { body, headers: given, status, statusText } = response
    const headers = new Headers(given)
    headers.delete('retry-after')
    return new Response(body, { status, statusText, headers })
  }
}

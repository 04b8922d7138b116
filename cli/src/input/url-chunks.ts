import { InputError } from '../errors.ts'

const maxRedirects = 5

/**
 * What is at a URL, as it comes. The server is not trusted: time and redirects are bounded, and from https it leads to https only.
 *
 * @param timeoutMillis - For all of it.
 * @throws InputError, also in the midst of it; of the URL it names origin and path, since a query may hold a secret.
 */
export async function* urlChunks(url: string, timeoutMillis: number): AsyncGenerator<Uint8Array> {
  const first = parse(url)
  const signal = AbortSignal.timeout(timeoutMillis)
  try {
    const response = await follow(first, signal)
    // Leaving the loop ends the connection.
    yield* (response.body ?? []) as AsyncIterable<Uint8Array>
  } catch (cause) {
    if (cause instanceof InputError) throw cause
    const problem = signal.aborted
      ? `did not come within ${timeoutMillis / 1000} seconds`
      : `cannot be fetched (${reasonOf(cause)})`
    throw new InputError(shown(first), problem, { cause })
  }
}

function parse(url: string): URL {
  if (!URL.canParse(url)) throw new InputError('a URL', 'is no URL that can be read')
  const parsed = new URL(url)
  if (parsed.username || parsed.password) {
    throw new InputError(shown(parsed), 'has credentials in its URL, which are not sent', {
      metaMessages: ['Fetch it with a tool of your own, and pipe it in: `… | assay verify -`.'],
    })
  }
  return parsed
}

async function follow(first: URL, signal: AbortSignal): Promise<Response> {
  let url = first
  for (let redirects = 0; redirects <= maxRedirects; redirects++) {
    const response = await fetch(url, {
      redirect: 'manual',
      signal,
      headers: { accept: 'application/json' },
    })
    const location = response.headers.get('location')
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel()
      url = next(url, location)
      continue
    }
    if (!response.ok) {
      await response.body?.cancel()
      throw new InputError(shown(url), `is answered with status ${response.status}`)
    }
    return response
  }
  throw new InputError(shown(first), `leads on more than ${maxRedirects} times`)
}

function next(from: URL, location: string): URL {
  if (!URL.canParse(location, from)) throw new InputError(shown(from), 'leads to no URL')
  const to = new URL(location, from)
  const allowed = from.protocol === 'https:' ? ['https:'] : ['https:', 'http:']
  if (!allowed.includes(to.protocol) || to.username || to.password) {
    throw new InputError(shown(from), `leads to where it must not: ${shown(to)}`)
  }
  return to
}

/** A URL without what may be secret in it. */
export function shownUrl(url: string): string {
  return URL.canParse(url) ? shown(new URL(url)) : 'a URL that cannot be read'
}

function shown({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`
}

function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: unknown }
  const { code, message } = (cause ?? error) as { code?: unknown; message?: unknown }
  return typeof code === 'string' ? code : String(message)
}

import { InvalidInputError } from '../errors/input.ts'
import { RelayRefusalError, RelayUnreachableError } from '../errors/relay.ts'
import { parseAnswer, refusalOfAnswer } from './answers.ts'

/** How a relay is asked. */
export type PostOptions = {
  /** How long the answer may take, in ms. */
  timeoutMillis: number
  signal?: AbortSignal | undefined
  /** Sent along, such as for a relay behind a gate. Default: none. */
  headers?: Record<string, string> | undefined
  /** What asks. Default: `globalThis.fetch`. */
  fetch?: typeof fetch | undefined
}

const maxAnswerBytes = 2 ** 18

/**
 * Hands a body to a relay.
 *
 * @param url - Of the relay, without the path.
 * @param path - Below `/v1/`.
 * @returns The answer, a JSON object of which nothing is believed.
 * @throws InvalidInputError for a URL with user info; RelayUnreachableError if there is no usable answer, RelayRefusalError if it is a refusal.
 */
export async function postToRelay(
  url: string,
  path: string,
  body: string,
  options: PostOptions,
): Promise<Record<string, unknown>> {
  const { timeoutMillis, signal, headers, fetch: send = globalThis.fetch } = options
  const address = new URL(`v1/${path}`, url.endsWith('/') ? url : `${url}/`)
  // Engines refuse it too, and show it in what they throw.
  if (address.username || address.password) {
    throw new InvalidInputError('relay', 'url', 'holds user info; pass it in `headers`')
  }
  const end = AbortSignal.timeout(timeoutMillis)
  let status: number
  let text: string
  try {
    const answer = await send(address, {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/json' },
      signal: signal ? AbortSignal.any([signal, end]) : end,
      // Elsewhere the relay would be another one than the one that was chosen.
      redirect: 'manual',
    })
    status = answer.status
    text = await boundedText(answer)
  } catch (cause) {
    throw new RelayUnreachableError(url, { cause })
  }
  if (status < 200 || status > 299) {
    const { code, detail } = refusalOfAnswer(text)
    throw new RelayRefusalError(url, { status, code, detail })
  }
  try {
    return parseAnswer(text)
  } catch (cause) {
    throw new RelayUnreachableError(url, { cause })
  }
}

/** A body's text, up to a length: an endless one would fill the memory. */
async function boundedText(answer: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  const reader = answer.body?.getReader()
  if (!reader) return text
  for (let length = 0; ;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    length += value.length
    if (length > maxAnswerBytes) {
      await reader.cancel()
      return text
    }
    text += decoder.decode(value, { stream: true })
  }
}

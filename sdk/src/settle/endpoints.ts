import { fallback, http, type HttpTransportConfig, type Transport } from 'viem'
import { InvalidConfigError } from '../errors/config.ts'

/** How long one of several endpoints may take before the next one is asked, in ms. */
const patienceMillis = 5_000

/**
 * The URLs of JSON-RPC endpoints.
 *
 * @param given - One, a list, or several in one string with commas between them, as a variable of the environment has them.
 * @throws InvalidConfigError that names the setting; never the URL, which may hold a key.
 */
export function rpcUrlsOf(
  given: string | readonly string[] | undefined,
  setting: string,
): readonly string[] {
  const urls = (typeof given === 'string' ? given.split(',') : (given ?? [])).map((it) => it.trim())
  if (urls.length === 0) throw new InvalidConfigError(setting, 'is missing')
  for (const url of urls) {
    if (/^https?:\/\//.test(url) && URL.canParse(url)) continue
    throw new InvalidConfigError(setting, 'must be an http or https URL, or several with commas')
  }
  return urls
}

/**
 * Asks the first endpoint, and the next one where it fails. What is asked of them is never believed for good: a settlement is
 * looked for again until it is final.
 *
 * @param signal - Ends requests under way: one that outlives its purpose would keep a process alive.
 */
export function transportTo(urls: readonly string[], signal?: AbortSignal): Transport {
  const config: HttpTransportConfig = { retryCount: 0, ...until(signal) }
  const [first = ''] = urls
  if (urls.length < 2) return http(first, config)
  const each = urls.map((url) => http(url, { ...config, timeout: patienceMillis }))
  return fallback(each, { retryCount: 0 })
}

function until(signal: AbortSignal | undefined): HttpTransportConfig {
  if (!signal) return {}
  return {
    fetchFn: (input, init) => {
      const signals = init?.signal ? [init.signal, signal] : [signal]
      return fetch(input, { ...init, signal: AbortSignal.any(signals) })
    },
  }
}

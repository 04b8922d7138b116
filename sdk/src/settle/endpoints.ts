import { fallback, http, type HttpTransportConfig, isHex, type Transport } from 'viem'
import { RpcUnreachableError } from '../errors/chain.ts'
import { InvalidConfigError } from '../errors/config.ts'

/** How often a request is asked again where there was no usable answer, before what it is for is tried as a whole again later. */
const retryCount = 2
const retryDelay = 100
/** How long one of several endpoints may take before the next one is asked, in ms. */
const patienceMillis = 5_000

/**
 * The URLs of JSON-RPC endpoints, or of relays.
 *
 * @param given - One, a list, or several in one string with commas between them, as a variable of the environment has them.
 * @throws InvalidConfigError that names the setting; never the URL, which may hold a key.
 */
export function urlsOf(
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
  const timeout = urls.length > 1 ? patienceMillis : undefined
  const config = { retryCount: 0, ...(timeout && { timeout }), ...until(signal) }
  const each = urls.map((url) => sound(url, http(url, config)))
  return fallback(each, { retryCount, retryDelay })
}

/** Methods that answer with a number or bytes, whatever is asked. */
const answersInHex = new Set([
  ...['eth_blockNumber', 'eth_call', 'eth_chainId', 'eth_estimateGas', 'eth_gasPrice'],
  ...['eth_getTransactionCount', 'eth_maxPriorityFeePerGas', 'eth_sendRawTransaction'],
])

/** What answers otherwise than the method can is as good as silent: another is asked. */
function sound(url: string, transport: Transport): Transport {
  return (parameters) => {
    const asking = transport(parameters)
    return {
      ...asking,
      async request(args) {
        const answer: unknown = await asking.request(args)
        const { method, params } = args as { method: string; params?: readonly unknown[] }
        const usable =
          (!answersInHex.has(method) || isHex(answer)) &&
          (method !== 'eth_getBlockByNumber' || params?.[0] !== 'latest' || isObject(answer))
        if (!usable) throw new RpcUnreachableError(url)
        return answer as never
      },
    }
  }
}

const isObject = (answer: unknown) => typeof answer === 'object' && answer !== null

function until(signal: AbortSignal | undefined): HttpTransportConfig {
  if (!signal) return {}
  return {
    fetchFn: (input, init) => {
      const signals = init?.signal ? [init.signal, signal] : [signal]
      return fetch(input, { ...init, signal: AbortSignal.any(signals) })
    },
  }
}

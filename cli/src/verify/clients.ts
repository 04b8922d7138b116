import type { VerificationPolicy } from '@assay/sdk/verify'
import { type Client, createClient, fallback, http } from 'viem'
import { UsageError } from '../errors.ts'
import type { VerifyOptions } from './options.ts'

export type ClientOptions = Pick<VerifyOptions, 'rpc' | 'offline'> & {
  /** How long an endpoint may take to answer, in ms. */
  timeoutMillis: number
}

/**
 * Clients for the endpoints to ask about a chain: those of `--rpc`, else those of the policy, else ASSAY_RPC_URL. None offline.
 *
 * @throws UsageError
 */
export function clientsFor(
  chainId: string,
  policy: VerificationPolicy,
  { rpc, offline, timeoutMillis }: ClientOptions,
): Client[] {
  if (offline) return []
  const own = Object.hasOwn(policy.chains, chainId) ? policy.chains[chainId]?.rpcs : undefined
  const asked = rpc ?? own
  if (asked) return asked.map((url) => createClient({ transport: transportTo(url, '`--rpc`') }))
  const { ASSAY_RPC_URL: ofEnvironment } = process.env
  if (!ofEnvironment) return []
  // Those of the recorder, where several stand in for each other.
  const transports = ofEnvironment.split(',').map((url) => transportTo(url, 'ASSAY_RPC_URL'))
  return [createClient({ transport: fallback(transports, { retryCount: 0 }) })]

  function transportTo(url: string, where: string) {
    if (!/^https?:\/\//i.test(url.trim()) || !URL.canParse(url)) {
      // Not shown: what stands there may be a key.
      throw new UsageError(`${where} must be the URL of an endpoint, by http or https.`)
    }
    return http(url.trim(), { timeout: timeoutMillis, retryCount: 1 })
  }
}

import type { VerificationPolicy } from '@assay/sdk/verify'
import { type Client, createClient, http } from 'viem'
import { UsageError } from '../errors.ts'
import { boundedFetch } from '../input/bounded-fetch.ts'
import type { GlobalOptions } from '../commands/global-options.ts'
import type { Terminal } from '../output/terminal.ts'
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
  const { ASSAY_RPC_URL: fallback } = process.env
  const urls = rpc ?? own ?? (fallback ? [fallback] : [])
  const where = rpc ? '`--rpc`' : 'ASSAY_RPC_URL'
  return urls.map((url) => {
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) {
      // Not shown: what stands there may be a key.
      throw new UsageError(`${where} must be the URL of an endpoint, by http or https.`)
    }
    const fetchFn = boundedFetch(timeoutMillis)
    return createClient({
      transport: http(url, { timeout: timeoutMillis, retryCount: 1, fetchFn }),
    })
  })
}

/** Says that there was no endpoint to ask, unless that was wished for, or a program reads. */
export async function noteNobodyAsked(
  chainId: string,
  { offline, json }: Pick<VerifyOptions, 'offline'> & GlobalOptions,
  terminal: Terminal,
): Promise<void> {
  if (offline || json) return
  await terminal.note(
    `Nobody was asked about chain ${chainId}: name an endpoint by --rpc, in the policy, or as ASSAY_RPC_URL.`,
  )
}

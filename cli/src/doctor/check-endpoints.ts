import { shownUrl } from '../input/url-chunks.ts'
import { endpointsOf, type OpenChain, openChain } from '../settings/chain.ts'
import { attempt, isFinding } from './attempt.ts'
import type { Finding } from './finding.ts'
import type { DoctorOptions } from './options.ts'

/** Whether the endpoints answer, and serve the chain that is configured. One that does is enough to go on. */
export async function checkEndpoints(
  { rpc }: DoctorOptions,
  timeoutMillis: number,
): Promise<{ place: OpenChain | undefined; findings: Finding[] }> {
  const check = 'rpc'
  const urls = await attempt(check, () => Promise.resolve(endpointsOf(rpc)))
  if (isFinding(urls)) return { place: undefined, findings: [urls] }
  const looked = await Promise.all(
    urls.map((url) => attempt(check, () => openChain({ rpc: url }, timeoutMillis))),
  )
  const place = looked.find((it): it is OpenChain => !isFinding(it))
  const findings = looked.map((found, i): Finding => {
    const url = shownUrl(urls[i] ?? '')
    if (!isFinding(found))
      return { check, status: 'ok', text: `${url} serves chain ${found.chainId}` }
    // Another one stands in for it.
    return { ...found, status: place ? 'warn' : 'fail', text: `${url}: ${found.text}` }
  })
  return { place, findings }
}

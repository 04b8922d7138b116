import { BaseError } from '@assay/sdk/errors'
import { openSource, readText } from '../input/read-text.ts'
import { shownUrl } from '../input/url-chunks.ts'
import type { OpenChain } from '../settings/chain.ts'
import type { Finding } from './finding.ts'

const maxStatusBytes = 65_536

/** Whether a relay answers, and pays for settlements on this chain, in this contract. */
export async function checkRelay(
  place: OpenChain,
  url: string,
  timeoutMillis: number,
): Promise<Finding> {
  const check = 'funds'
  const shown = shownUrl(url)
  const address = new URL('v1/status', url.endsWith('/') ? url : `${url}/`).href
  let status: Record<string, unknown>
  try {
    const source = openSource({ kind: 'url', url: address }, timeoutMillis)
    status = JSON.parse(await readText(source, maxStatusBytes)) as Record<string, unknown>
  } catch (error) {
    const why = error instanceof BaseError ? error.shortMessage : 'It answers no JSON.'
    const fix = 'Correct ASSAY_RELAY_URL, use another relay, or unset it and let the key pay.'
    return { check, status: 'fail', text: `the relay ${shown} does not answer: ${why}`, fix }
  }
  const problem = problemOf(status, place)
  const fix = 'Ask its operator, or use another relay.'
  return problem === undefined
    ? { check, status: 'ok', text: `the relay ${shown} pays for settlements here` }
    : { check, status: 'fail', text: `the relay ${shown} ${problem}`, fix }
}

function problemOf(status: Record<string, unknown>, place: OpenChain): string | undefined {
  if (status.schema !== 'assay/relay-status/v1') return 'answers as something else'
  if (status.chainId !== String(place.chainId)) return `is for chain ${String(status.chainId)}`
  const { inferenceLog } = (status.contracts ?? {}) as Record<string, unknown>
  if (String(inferenceLog).toLowerCase() !== place.contract('inferenceLog').toLowerCase())
    return 'is for another inference log'
  const accepts: unknown = status.accepts
  if (!Array.isArray(accepts) || !accepts.includes('settleBatches'))
    return 'does not pay for settlements'
  return undefined
}

import { readBounded } from '../bounded-body.ts'
import type { RemoteGet } from './remote-get.ts'

/**
 * Asks by a `fetch`, which says nothing of addresses: names lead where its runtime takes them. In browsers that is bounded by the
 * browser's own rules, in Workers there is no network but the public one.
 */
export function fetchedBy(fetch: typeof globalThis.fetch): RemoteGet {
  return async (url, { signal, maxBytes }) => {
    const response = await fetch(url, { redirect: 'manual', signal })
    // Browsers don't show where it leads, and follow by themselves or not at all.
    const shown = response.type === 'opaqueredirect' ? await fetch(url, { signal }) : response
    const location = shown.headers.get('location') ?? undefined
    const declared = Number(shown.headers.get('content-length') ?? 0)
    if (shown.status !== 200 || declared > maxBytes) {
      shown.body?.cancel().catch(() => undefined)
      const tooLarge = shown.status === 200
      return { status: shown.status, location, bytes: new Uint8Array(0), tooLarge }
    }
    return { status: 200, location, ...(await readBounded(shown.body, maxBytes)) }
  }
}

import { bearerToken } from '@assay/sdk/stores'
import { askUpstream, type UpstreamAnswer } from './ask-upstream.ts'
import { isLoopback } from './limits/client-address.ts'
import type { GatewayContext, GatewayParts } from './parts.ts'
import { Refusal } from './refusal.ts'

const lastsMillis = 250
const timeoutMillis = 5_000

/**
 * Makes what tells how the indexer is. Upstreams are asked a few times a second for it, whoever asks, so that it is outside of all limits
 * and answers while they are reached.
 */
export function createService(parts: GatewayParts) {
  const { upstreams, recovery, limits, metrics, settings } = parts
  const { metricsToken } = settings
  const hasToken = metricsToken === undefined ? () => false : bearerToken(metricsToken)
  const since = Date.now()
  const last = new Map<string, { at: number; answer: Promise<UpstreamAnswer | undefined> }>()

  /** Undefined: nobody says anything. */
  function ask(path: string): Promise<UpstreamAnswer | undefined> {
    const known = last.get(path)
    if (known && Date.now() - known.at < lastsMillis) return known.answer
    const answer = askUpstream(
      upstreams,
      { method: 'GET', path, first: 'writer' },
      {
        signal: AbortSignal.timeout(timeoutMillis),
        limits: { ...limits, graceMillis: 0 },
        recovery,
      },
    ).catch(() => undefined)
    last.set(path, { at: Date.now(), answer })
    return answer
  }

  return {
    health: () => Response.json({ status: 'ok' }, noStore),

    async ready(): Promise<Response> {
      const answer = await ask('/assay/ready')
      const said = answer && readJson(answer)
      // The verdict is its own, in the words in which it came.
      if (said && typeof said.ready === 'boolean') {
        return Response.json(said, { ...noStore, status: said.ready ? 200 : 503 })
      }
      const headers = { ...noStore.headers, 'retry-after': '3' }
      return Response.json({ ready: false, chains: {} }, { headers, status: 503 })
    },

    async status(): Promise<Response> {
      const answer = await ask('/status')
      return Response.json(
        {
          version: parts.version,
          uptime: Math.floor((Date.now() - since) / 1_000),
          upstreams: upstreams
            .list()
            .map(({ role, state, outstanding }) => ({ role, state, outstanding })),
          chains: (answer?.status === 200 ? readJson(answer) : undefined) ?? {},
        },
        noStore,
      )
    },

    /** @throws Refusal `forbidden` */
    async metrics(c: GatewayContext): Promise<Response> {
      if (!hasToken(c.req.raw)) checkIsNear(c)
      const [own, assay, ponder] = await Promise.all([
        metrics.registry.metrics(),
        ask('/assay/metrics'),
        ask('/metrics'),
      ])
      const text = [
        own,
        ...[assay, ponder].map((it) => (it?.status === 200 ? Buffer.from(it.body).toString() : '')),
      ]
      return new Response(text.filter(Boolean).join('\n'), {
        headers: { 'content-type': metrics.registry.contentType, ...noStore.headers },
      })
    },
  }
}

const noStore = { headers: { 'cache-control': 'no-store' } }

function readJson({ body }: UpstreamAnswer): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString())
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

/** Who has no token asks from this machine, by nobody in between. */
function checkIsNear(c: GatewayContext): void {
  const forwarded = ['x-forwarded-for', 'forwarded', 'x-real-ip'].some((it) => c.req.header(it))
  if (!forwarded && isLoopback(c.env.incoming.socket.remoteAddress)) return
  throw new Refusal(403, 'forbidden', 'The figures are read from this machine, or with a token.', {
    advice: 'Send `Authorization: Bearer <ASSAY_METRICS_TOKEN>`.',
  })
}

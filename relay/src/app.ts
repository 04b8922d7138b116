import { signedCallKinds, signedCalls } from '@assay/sdk/relay'
import type { Sender } from '@assay/sdk/transactions'
import { Hono } from 'hono'
import { isHash } from 'viem'
import type { RelayChain } from './chain.ts'
import { RelayError } from './errors.ts'
import type { Gate } from './gate.ts'
import type { RelayPolicy } from './policy.ts'
import { problemResponse, refuse } from './problem-response.ts'
import { problems } from './problems.ts'
import { handleSettlements, type SettlementParts } from './settlements/handle-settlements.ts'
import { handleSignedCall, type SignedCallParts } from './signed-calls/handle-signed-call.ts'
import { statusOf } from './status.ts'
import { transactionState } from './transaction-state.ts'

export type AppParts = {
  chain: RelayChain
  policy: RelayPolicy
  gate: Gate
  sender: Sender
  /** @throws RelayError `starting`, `chain-unreachable` */
  beReady(): Promise<void>
  settlements: SettlementParts
  signedCalls: SignedCallParts
}

const maxWaitSeconds = 60

/** The relay's addresses. */
export function createApp(parts: AppParts): Hono {
  const { chain, policy, gate, sender } = parts
  const app = new Hono()
  let inHand = 0

  /** Takes a request that may cost something, or refuses it. */
  async function take(work: () => Promise<Response>): Promise<Response> {
    if (inHand >= policy.maxRequests) {
      const busy = `${inHand} requests are in hand.`
      return refuse(new RelayError('busy', busy, { retryAfter: 1 }))
    }
    inHand++
    try {
      await parts.beReady()
      return await work()
    } catch (error) {
      return refuse(error)
    } finally {
      inHand--
    }
  }

  app.post('/v1/settlements', (c) =>
    take(async () => {
      const wait = waitOf(c.req.raw)
      const settlements = await handleSettlements(c.req.raw, wait, parts.settlements)
      const [first] = settlements
      const allRefused = settlements.every(({ status }) => status === 'refused')
      if (!allRefused || first?.status !== 'refused') return json({ settlements })
      const { problem } = first
      return problemResponse(problem, { settlements })
    }),
  )
  for (const kind of signedCallKinds) {
    app.post(`/v1/${signedCalls[kind].path}`, (c) =>
      take(async () => {
        const request = c.req.raw
        return json(await handleSignedCall(kind, request, waitOf(request), parts.signedCalls))
      }),
    )
  }
  app.get('/v1/transactions/:hash', (c) => {
    const hash = c.req.param('hash')
    if (!isHash(hash)) return refuse(new RelayError('malformed', 'That is no transaction hash.'))
    return take(async () => json(await transactionState(chain, sender, hash)))
  })
  app.get('/v1/problems/:code', (c) => {
    const code = c.req.param('code')
    if (!Object.hasOwn(problems, code)) return refuse(new RelayError('not-found', 'No such code.'))
    const [status, title, advice] = problems[code as keyof typeof problems]
    return json({ code, status, title, advice })
  })
  app.get('/v1/status', () => json(statusOf(chain, policy, sender.pending())))
  app.get('/health', () => json({ status: 'ok' }))
  app.notFound((c) => {
    const known = app.routes.some(({ path }) => path === c.req.path)
    return known
      ? refuse(new RelayError('method-not-allowed', `${c.req.method} does not fit here.`))
      : refuse(new RelayError('not-found', 'There is nothing at this address.'))
  })
  app.onError((error) => {
    gate.tellRefusal(error)
    return refuse(error)
  })
  return app
}

function json(value: object): Response {
  return Response.json(value, { headers: { 'cache-control': 'no-store' } })
}

/** How long to wait for the chain, in ms: `Prefer: wait=10` (RFC 7240), none without. */
function waitOf(request: Request): number {
  const prefer = request.headers.get('prefer') ?? ''
  const seconds = /(?:^|[,;\s])wait=(\d{1,5})(?:$|[,;\s])/i.exec(prefer)?.[1]
  return Math.min(Number(seconds ?? 0), maxWaitSeconds) * 1000
}

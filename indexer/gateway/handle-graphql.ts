import { countRequest } from './count-request.ts'
import { checkQuery } from './graphql/check-query.ts'
import { type GraphqlRequest, readJsonRequest, readUrlRequest } from './graphql/read-request.ts'
import { readBody } from './limits/request-body.ts'
import type { GatewayContext, GatewayParts } from './parts.ts'
import { passOn } from './pass-on.ts'
import { graphqlAnswer, Refusal } from './refusal.ts'
import { send } from './send.ts'

/** Rows that count as one request. */
const rowsOfRequest = 1_000
/** The schema is as long as a page of a thousand rows. */
const introspectionCost = 10

/** Answers GraphQL over HTTP. */
export async function handleGraphql(c: GatewayContext, parts: GatewayParts): Promise<Response> {
  const type = answerType(c.req.header('accept') ?? '')
  try {
    const request = await readRequest(c, parts)
    const { limits, settings } = parts
    const { rows, introspects } = checkQuery(request, limits, settings.queryRows)
    // One is counted for each request, whatever it holds.
    const cost = Math.floor(rows / rowsOfRequest) + (introspects ? introspectionCost : 0)
    if (cost > 0) await countRequest(c, parts, cost)
    const asked = {
      ...{ method: 'POST' as const, path: '/graphql' },
      headers: { 'content-type': 'application/json', accept: 'application/json' },
      // As it was understood here, so that nothing can be understood otherwise there.
      body: JSON.stringify(request),
    }
    const answer = await passOn(c, parts, asked, rows + (introspects ? rowsOfRequest : 0))
    return await send(c, parts, { ...answer, headers: {}, type: `${type}; charset=utf-8` })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    c.set('refusal', error)
    // Plain JSON says with 200 that a document is wrong, as GraphQL over HTTP has it: a 400 could be anybody's on the way.
    const isDocument = error.code === 'invalid-query' && type === 'application/json'
    return graphqlAnswer(error, type, isDocument ? 200 : error.status)
  }
}

async function readRequest(c: GatewayContext, { limits }: GatewayParts): Promise<GraphqlRequest> {
  if (c.req.method !== 'POST') return readUrlRequest(new URL(c.req.url).searchParams)
  const { bodyBytes: maxBytes, bodyMillis: millis } = limits
  const body = await readBody(c.req.raw, { maxBytes, millis })
  return readJsonRequest(c.req.header('content-type') ?? null, body)
}

const answerType = (accepted: string) =>
  accepted.includes('application/graphql-response+json')
    ? 'application/graphql-response+json'
    : 'application/json'

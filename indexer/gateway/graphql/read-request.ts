import { Refusal } from '../refusal.ts'

/** What GraphQL is asked over HTTP. */
export type GraphqlRequest = {
  query: string
  variables: Readonly<Record<string, unknown>>
  operationName: string | undefined
}

const members = ['query', 'variables', 'operationName', 'extensions']

/**
 * Reads the parameters of a GraphQL request from a JSON body.
 *
 * @throws Refusal `unsupported-type`, `malformed`, `batched`
 */
export function readJsonRequest(type: string | null, body: Uint8Array): GraphqlRequest {
  if (!/^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i.test(type ?? '')) {
    throw new Refusal(415, 'unsupported-type', 'The content type is not application/json.', {
      advice: 'Send JSON in UTF-8: {"query": "…", "variables": {…}}.',
    })
  }
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    throw malformed('The body is no JSON in UTF-8.')
  }
  if (Array.isArray(value)) {
    throw new Refusal(400, 'batched', 'Several requests in one are not taken.', {
      advice: 'Send each by itself, or ask for several fields in one document.',
    })
  }
  if (typeof value !== 'object' || value === null) throw malformed('The body is no JSON object.')
  const unknown = Object.keys(value).find((name) => !members.includes(name))
  if (unknown !== undefined) throw malformed(`\`${unknown.slice(0, 40)}\` is no parameter.`)
  const { query, variables, operationName } = value as Record<string, unknown>
  return requestOf(query, variables, operationName)
}

/**
 * Reads them from a URL, in which `variables` is JSON.
 *
 * @throws Refusal `malformed`
 */
export function readUrlRequest(parameters: URLSearchParams): GraphqlRequest {
  const one = (name: string) => {
    const [value, ...more] = parameters.getAll(name)
    if (more.length > 0) throw malformed(`\`${name}\` is there more than once.`)
    return value
  }
  const variables = one('variables')
  let value: unknown
  try {
    value = variables ? JSON.parse(variables) : undefined
  } catch {
    throw malformed('`variables` is no JSON.')
  }
  return requestOf(one('query'), value, one('operationName') || undefined)
}

function requestOf(query: unknown, variables: unknown, operationName: unknown): GraphqlRequest {
  if (typeof query !== 'string' || query === '') throw malformed('`query` is no text.')
  if (variables != null && (typeof variables !== 'object' || Array.isArray(variables))) {
    throw malformed('`variables` is no JSON object.')
  }
  if (operationName != null && typeof operationName !== 'string') {
    throw malformed('`operationName` is no text.')
  }
  return {
    query,
    variables: (variables ?? {}) as Record<string, unknown>,
    operationName: operationName ?? undefined,
  }
}

function malformed(message: string): Refusal {
  const advice = 'Send {"query": "…", "variables": {…}} by POST, or the same as parameters of GET.'
  return new Refusal(400, 'malformed', message, { advice })
}

import { Refusal } from './refusal.ts'

/** A path that is passed on as it is, and how an upstream is asked for it. */
type PassedPath = {
  path: string
  /** @throws Refusal `malformed` */
  of: (parameters: Readonly<Record<string, string>>) => string
  /** Rows that are read for it, about. */
  rows: (query: URLSearchParams) => number
}

/** Where no number of them is given: what a page has, and what the figures of all chains are made of. */
const pageRows = 50
const figureRows = 200
/** A proof is computed of its whole batch, unless that was asked for just before. */
const proofRows = 200

const numberIn = (query: URLSearchParams, name: string, otherwise: number) =>
  Math.max(0, Number(query.get(name) ?? otherwise)) || otherwise

/** What of the REST part is asked of an upstream. */
export const paths: readonly PassedPath[] = [
  { path: '/inferences', of: () => '/inferences', rows: (it) => numberIn(it, 'limit', pageRows) },
  { path: '/inferences/:id', of: ({ id }) => `/inferences/${idOf(id)}`, rows: () => 1 },
  {
    path: '/inferences/:id/proof',
    of: ({ id }) => `/inferences/${idOf(id)}/proof`,
    rows: () => proofRows,
  },
  {
    path: '/stats',
    of: () => '/stats',
    rows: (it) => figureRows + numberIn(it, 'days', 0) + numberIn(it, 'weeks', 0),
  },
  {
    path: '/owners/:address/events',
    of: ({ address }) => `/owners/${addressOf(address)}/events`,
    rows: (it) => numberIn(it, 'limit', pageRows),
  },
]

const labels: readonly [RegExp, string][] = [
  [/^\/(?:graphql)?$/, '/graphql'],
  [/^\/(?:health|ready|status|stats|metrics|inferences|openapi\.json)$/, ''],
  [/^\/inferences\/[^/]+$/, '/inferences/{id}'],
  [/^\/inferences\/[^/]+\/proof$/, '/inferences/{id}/proof'],
  [/^\/owners\/[^/]+\/events$/, '/owners/{address}/events'],
  [/^\/batches\/[^/]+$/, '/batches/{digest}'],
]

/** The route of a path, for logs and figures: one of a few, whatever is asked for. */
export function routeOf(path: string): string {
  for (const [pattern, label] of labels) if (pattern.test(path)) return label || path
  return 'other'
}

function idOf(text: string | undefined): string {
  if (/^0x[0-9a-f]{64}$/i.test(text ?? '')) return text!.toLowerCase()
  throw new Refusal(400, 'malformed', '`id` is not 32 bytes in hex', {
    advice: 'Give the id of an inference: 0x and 64 digits.',
  })
}

function addressOf(text: string | undefined): string {
  if (/^0x[0-9a-f]{40}$/i.test(text ?? '')) return text!.toLowerCase()
  throw new Refusal(400, 'malformed', '`address` is not 20 bytes in hex', {
    advice: 'Give the address of an owner: 0x and 40 digits.',
  })
}

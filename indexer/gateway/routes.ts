import { Refusal } from './refusal.ts'

/** A path that is passed on as it is, and how an upstream is asked for it. */
type PassedPath = {
  path: string
  /** @throws Refusal `malformed` */
  of: (parameters: Readonly<Record<string, string>>) => string
}

/** What of the REST part is asked of an upstream. */
export const paths: readonly PassedPath[] = [
  { path: '/inferences', of: () => '/inferences' },
  { path: '/inferences/:id', of: ({ id }) => `/inferences/${idOf(id)}` },
  { path: '/inferences/:id/proof', of: ({ id }) => `/inferences/${idOf(id)}/proof` },
  { path: '/stats', of: () => '/stats' },
  { path: '/owners/:address/events', of: ({ address }) => `/owners/${addressOf(address)}/events` },
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

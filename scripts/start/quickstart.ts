import type { Hex } from 'viem'
import { type Child, startChild } from './child.ts'

/** Where the quickstart's OpenAI client sends its requests. */
export type Endpoint = { baseUrl: string; apiKey: string; server?: Child }

/**
 * The endpoint that the user chose by OPENAI_BASE_URL. A key alone chooses none: many have one set, and nobody wants a demo to
 * spend on it unasked.
 */
export function chosenEndpoint(env: NodeJS.ProcessEnv): Endpoint | undefined {
  if (!env.OPENAI_BASE_URL) return undefined
  return { baseUrl: env.OPENAI_BASE_URL, apiKey: env.OPENAI_API_KEY ?? 'none' }
}

/** Ids of what the operator has published. */
export type Published = { risk: Hex; language: Hex; environment: Hex }

/**
 * Publishes the operator's models and registers its environment.
 *
 * @param variables - The operator's.
 * @param publisherKey - Private key of the operator's account.
 */
export async function publishModels(
  variables: Record<string, string>,
  publisherKey: Hex,
  onSpawn: (publisher: Child) => void,
): Promise<Published> {
  const publisher = startChild(
    'examples/quickstart/src/publish.ts',
    { ...variables, ASSAY_PUBLISHER_KEY: publisherKey },
    'keep',
  )
  onSpawn(publisher)
  return JSON.parse(`{${await publisher.line('{')}`) as Published
}

/**
 * Starts the operator's model server.
 *
 * @param variables - The operator's.
 */
export async function startModelServer(
  variables: Record<string, string>,
  port: number,
  onSpawn: (server: Child) => void,
): Promise<Endpoint> {
  const server = startChild(
    'examples/quickstart/src/serve.ts',
    { ...variables, PORT: String(port) },
    'keep',
  )
  onSpawn(server)
  const url = new URL(await server.line('listening '))
  const baseUrl = url.pathname === '/' ? `${url.origin}/v1` : url.href
  return { baseUrl, apiKey: 'local', server }
}

/**
 * Runs the builder's side.
 *
 * @param variables - The builder's.
 * @param receipts - Directory for the receipts.
 */
export function startQuickstart(
  variables: Record<string, string>,
  endpoint: Endpoint,
  receipts: string,
  output: 'stdout' | 'stderr',
): Child {
  return startChild(
    'examples/quickstart/src/main.ts',
    {
      ...variables,
      ASSAY_RECEIPTS: receipts,
      OPENAI_BASE_URL: endpoint.baseUrl,
      OPENAI_API_KEY: endpoint.apiKey,
    },
    output,
  )
}

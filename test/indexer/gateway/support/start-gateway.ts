import { createGateway, type GatewayOptions } from '../../../../indexer/gateway/create-gateway.ts'
import type { UpstreamTarget } from '../../../../indexer/gateway/upstreams.ts'

/** A gateway on a free port of 127.0.0.1, with the lines that it logs. */
export async function startGateway(
  upstreams: readonly UpstreamTarget[],
  options: Pick<GatewayOptions, 'settings' | 'limits' | 'mayPut'> = {},
) {
  const log: Record<string, unknown>[] = []
  const gateway = await createGateway({
    ...{ port: 0, hostname: '127.0.0.1', ...options },
    settings: { rateLimit: 0, ...options.settings },
    onLog: (line) => log.push(JSON.parse(line) as Record<string, unknown>),
  })
  gateway.replace(upstreams)
  const url = `http://127.0.0.1:${gateway.port}`
  return {
    ...{ ...gateway, url, log },
    get: (path: string, init?: RequestInit) => fetch(url + path, init),
    graphql: (
      query: string,
      rest: { variables?: unknown; headers?: Record<string, string> } = {},
    ) =>
      fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...rest.headers },
        body: JSON.stringify({ query, variables: rest.variables }),
      }),
    stop: () => gateway.close(0),
  }
}

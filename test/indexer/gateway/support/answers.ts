/** What tests read of `/openapi.json`. */
export type OpenApiDocument = {
  paths: Record<string, { get?: Operation }>
  components: { schemas: Record<string, object> }
}
type Operation = {
  parameters?: { name: string }[]
  responses: Record<string, { content?: Record<string, { schema: object } | undefined> }>
}

/** What tests read of `/status`. */
export type GatewayStatus = { upstreams: { state: string; outstanding: number }[] }

type Gets = (path: string) => Promise<Response>

export async function getOpenApi(get: Gets): Promise<OpenApiDocument> {
  return (await (await get('/openapi.json')).json()) as OpenApiDocument
}

export async function getGatewayStatus(get: Gets): Promise<GatewayStatus> {
  return (await (await get('/status')).json()) as GatewayStatus
}

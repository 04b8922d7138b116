import { Agent, request } from 'node:http'

/** Asks from an address of this machine. */
export function askFrom(
  localAddress: string,
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string; agent?: Agent } = {},
): Promise<{ status: number; headers: Record<string, unknown>; body: string; millis: number }> {
  const begin = performance.now()
  const { method = 'GET', headers = {}, body, agent = new Agent() } = options
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers, localAddress, agent }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.once('error', reject)
      response.once('end', () =>
        resolve({
          ...{ status: response.statusCode ?? 0, headers: response.headers },
          ...{ body: Buffer.concat(chunks).toString(), millis: performance.now() - begin },
        }),
      )
    })
    asked.once('error', reject)
    asked.end(body)
  })
}

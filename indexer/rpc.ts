/**
 * Asks an endpoint by JSON-RPC.
 *
 * @returns What it answers, not trusted.
 * @throws what `fetch` throws, and a TypeError if the answer holds no result.
 */
export async function askRpc(
  url: string,
  method: string,
  params: readonly unknown[],
  timeoutMillis: number,
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(timeoutMillis),
  })
  const { result } = (await response.json()) as { result?: unknown }
  if (result === undefined || result === null) {
    throw new TypeError(`${method} gave no result (HTTP ${response.status})`)
  }
  return result
}

/** A quantity as JSON-RPC writes it. @throws TypeError if it is none. */
export function readQuantity(value: unknown): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(value)) {
    throw new TypeError(`An endpoint gave ${JSON.stringify(value)} where a number was due`)
  }
  return BigInt(value)
}

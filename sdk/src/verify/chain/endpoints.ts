import type { ReadClient } from '../../actions/contract.ts'
import { explainRpc } from '../../actions/rpc-failure.ts'
import { EndpointsDisagreeError } from '../../errors/verification.ts'
import { isRevert } from './revert.ts'

/** Asks all endpoints the same, and gives the answer if it is everywhere the same. */
export type Ask = <T>(
  method: string,
  params: readonly unknown[],
  /** Checks an answer and takes from it what counts. */
  read: (answer: unknown) => T,
) => Promise<T>

/**
 * Several endpoints as one: each is asked, and an answer counts only if all gave it. A single endpoint is a list of one.
 *
 * @throws EndpointsDisagreeError, and what an endpoint that gives no usable answer leads to.
 */
export function askAll(clients: readonly ReadClient[], names: readonly string[]): Ask {
  return async (method, params, read) => {
    const settled = await Promise.allSettled(
      clients.map((client) => ask(client, method, params, read)),
    )
    const failures = settled.flatMap((it) => (it.status === 'rejected' ? [it.reason as Error] : []))
    const unusable = failures.find((failure) => !isRevert(failure))
    if (unusable) throw unusable
    // To refuse a call is an answer too, and one that a single endpoint can't give for all.
    if (failures.length === clients.length && failures[0]) throw failures[0]
    const answers = settled.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []))
    const [first] = answers
    const same = failures.length === 0 && answers.every((it) => asText(it) === asText(first))
    if (!same || first === undefined) throw new EndpointsDisagreeError(names, method)
    return first
  }
}

async function ask<T>(
  client: ReadClient,
  method: string,
  params: readonly unknown[],
  read: (answer: unknown) => T,
): Promise<T> {
  try {
    return read(await client.request({ method, params } as never))
  } catch (error) {
    throw explainRpc(error, method)
  }
}

const asText = (value: unknown) =>
  JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item))

/** Host of an endpoint, without path or password, which may be secret; else the transport's own name. */
export function nameOf({ transport }: ReadClient): string {
  const { url, name } = transport as { url?: unknown; name?: unknown }
  if (typeof url === 'string' && URL.canParse(url)) return new URL(url).host
  return typeof name === 'string' ? name : 'an endpoint'
}
